/** Every example in a docstring runs, and so does every JavaScript block of the README; what they say a line gives is what it gives. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPool } from '#pool';
import * as root from '../src/index.ts';
import * as compression from '../src/programs.ts';
import { named } from '../src/core/errors.ts';
import { files } from '../src/platform/index.ts';
import { stores } from '../src/stores/index.ts';

const here = new URL('..', import.meta.url).pathname;
const sources = (readdirSync(`${here}src`, { recursive: true }) as string[]).filter((path) => path.endsWith('.ts') && path !== 'cli.ts' && path !== 'worker.ts').sort();

interface Example { readonly at: string; readonly code: string; readonly file?: string }
const documented: Example[] = sources.flatMap((path) => {
  const text = readFileSync(`${here}src/${path}`, 'utf8');
  return [...text.matchAll(/\n( *)\* @example\n([^]*?)\n *(?:\*\/|\* @)/g)].map((match) => ({ at: `src/${path}:${text.slice(0, match.index).split('\n').length + 1}`, file: path, code: match[2]!.replace(/^ *\* ?/gm, '') }));
});
const readme: Example[] = [...readFileSync(`${here}README.md`, 'utf8').matchAll(/```(?:js|ts)\n([^]*?)```/g)].map((match, i) => ({ at: `README.md, block ${i + 1}`, code: match[1]! }));

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;

/** `expression; // value` and `console.log(expression); // value` become checks; "such as" and a trailing " ..." say less. */
function checked(code: string): string {
  return code
    .replace(/^import [^]*?;\n/gm, '')
    .replace(/;\n(\/\/ .*)$/gm, '; $1')
    .replace(/^(.*?)(?:console\.log\((.*)\)|(?<=^)((?!const |let |for |\/\/).*)); \/\/ (?!such as)(.*)$/gm, (_, before: string, logged: string | undefined, bare: string | undefined, value: string) => `${before}check([${logged ?? bare}], ${JSON.stringify(value)});`);
}

describe.each([...documented, ...readme])('$at', ({ code, file }) => {
  it('runs, and gives what it says', async () => {
    const own = file ? ((await import(/* @vite-ignore */ `${here}src/${file}`)) as object) : {};
    const seen = new Map<string, number>();
    const check = (values: unknown[], said: string): void => {
      const times = seen.get(said) ?? 0;
      seen.set(said, times + 1);
      const text = values.map((value) => (typeof value === 'string' && !said.startsWith("'") ? value : inspect(value, { breakLength: Infinity }))).join(' ');
      if (said.endsWith(' ...')) expect(times > 0 || text === said.slice(0, -4), `${text} instead of ${said}`).toBe(true);
      else if (said.endsWith("...'")) expect(text.slice(1).startsWith(said.slice(1, -4)), text.slice(0, 80)).toBe(true);
      else expect(text).toBe(said);
    };
    const scope: { [name: string]: unknown } = { ...root, ...compression, named, stores, openPool, ...own, files, check };
    const cwd = process.cwd();
    process.chdir(mkdtempSync(join(tmpdir(), 'nadir-example-')));
    try {
      await new AsyncFunction(...Object.keys(scope), `{ ${checked(code)}\n }`)(...Object.values(scope));
    } finally {
      process.chdir(cwd);
    }
  });
});

it('there are examples to run', () => {
  expect(documented.length).toBeGreaterThan(12);
  expect(readme.length).toBeGreaterThan(1);
});
