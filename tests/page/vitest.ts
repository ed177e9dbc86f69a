/** What the portable suites import from 'vitest', for a page without vitest's server (the alias is in tests/webkit.mjs). No `vi`: a portable suite mocks nothing. */
import * as parts from '@vitest/expect';
import { getCurrentTest } from '@vitest/runner';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, onTestFinished, startTests, suite, test } from '@vitest/runner';
export type { Task, VitestRunner } from '@vitest/runner';

const { chai } = parts;
export const assert: typeof chai.assert = chai.assert;

for (const plugin of [parts.JestExtend, parts.JestChaiExpect, parts.JestAsymmetricMatchers]) chai.use(plugin);

function create(value: unknown, message?: string): unknown {
  const { assertionCalls } = parts.getState(expect);
  parts.setState({ assertionCalls: (assertionCalls ?? 0) + 1 }, expect);
  const assertion = chai.expect(value, message) as unknown as { withTest(test: unknown): unknown };
  const test = getCurrentTest();
  return test === undefined ? assertion : assertion.withTest(test);
}
export const expect: any = Object.assign(create, chai.expect, (globalThis as any)[parts.ASYMMETRIC_MATCHERS_OBJECT]);
expect.getState = () => parts.getState(expect);
expect.setState = (state: object) => parts.setState(state, expect);
expect.extend = (matchers: object) => (chai.expect as any).extend(expect, matchers);
expect.extend(parts.customMatchers);
expect.unreachable = (message = 'expected not to be reached') => assert.fail(message);
parts.setState({ assertionCalls: 0, isExpectingAssertions: false, isExpectingAssertionsError: null, expectedAssertionsNumber: null, expectedAssertionsNumberErrorGen: null }, expect);
Object.defineProperty(globalThis, parts.GLOBAL_EXPECT, { value: expect, writable: true, configurable: true });

export const inject = (key: string): unknown => ({ runtime: 'webkit' })[key];
