/**
 * Runs tests/portable in a page that no runner controls (WebKit): vitest's own runner, without vitest's server.
 * The verdict, `{ passed, failed, skipped, failures }` as JSON, is put into #verdict when all is done.
 */
import methods from '../methods.mjs';
import { startTests, type Task, type VitestRunner } from './vitest.ts';

const files = import.meta.glob('../portable/**/*.test.ts');

const runner: VitestRunner = {
  config: {
    root: '/', name: 'webkit', setupFiles: [], passWithNoTests: false, testNamePattern: undefined, allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' }, chaiConfig: undefined, maxConcurrency: 1, testTimeout: 60_000, hookTimeout: 60_000,
    retry: 0, includeTaskLocation: false, tags: [], tagsFilter: undefined, strictTags: false,
  },
  importFile: (path) => files[path]!(),
};

const verdict = { passed: 0, failed: 0, skipped: 0, failures: [] as string[] };
function count(task: Task, path: string): void {
  const name = `${path} > ${task.name}`;
  const errors = task.result?.errors?.map((error) => `${error.message}\n${error.diff ?? ''}`) ?? [];
  if (task.type === 'suite') {
    if (errors.length > 0) {
      verdict.failed++;
      verdict.failures.push(`${name}\n${errors.join('\n')}`);
    }
    for (const child of task.tasks) count(child, name);
  } else if (task.mode === 'skip' || task.mode === 'todo' || task.result?.state === 'skip') verdict.skipped++;
  else if (task.result?.state === 'pass') verdict.passed++;
  else {
    verdict.failed++;
    verdict.failures.push(`${name}\n${errors.join('\n') || 'did not finish'}`);
  }
}

try {
  const chosen = Object.keys(files).filter((path) => !methods.some((each) => each.endsWith(path.slice(2)))).sort();
  for (const file of await startTests(chosen, runner)) count(file, 'webkit');
} catch (error) {
  verdict.failed++;
  verdict.failures.push(String(error));
}
document.querySelector('#verdict')!.textContent = JSON.stringify(verdict);
