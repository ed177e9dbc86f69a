/** `nadir compress` and `nadir decompress` as their user runs them, and what they leave behind: the whole output, or nothing. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, symlinkSync, lstatSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compress } from '../src/programs.ts';
import { assemble } from '../src/problems/program/assembler.ts';
import { writeKernel } from '../src/problems/program/file.ts';

const cli = fileURLToPath(new URL('../build/js/src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nadir-codec-'));
const nadir = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err })));
const at = (name: string): string => join(folder, name);
const aside = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.part'));

const text = Buffer.from('When in the course of human events, it becomes necessary for one people. '.repeat(300));
writeFileSync(at('text'), text);
writeFileSync(at('quick.kernel'), writeKernel({ words: assemble('CM X0 R0; FX F0 X0; OUT F0'), doubles: new Float64Array(1024) }));

describe('there and back', () => {
  it('a file, with what it says', async () => {
    const { code, out, err } = await nadir('compress', 'text', '-o', 'text.n', '--kernel', 'order2');
    expect([code, err]).toEqual([0, '']);
    const size = statSync(at('text.n')).size;
    expect(out).toMatch(new RegExp(`^text\\.n: 21,900 to ${size.toLocaleString('en')} bytes \\([\\d.]+ %, [\\d.]+ bits a byte\\) by order2 in [\\d.]+ s, [\\d.]+ MB a second\\n$`));
    expect(new Uint8Array(readFileSync(at('text.n')))).toEqual(await compress(text, { kernel: 'order2' })); // the same bytes as by the function
    const back = await nadir('decompress', 'text.n', '--out', 'text.back');
    expect([back.code, back.err]).toEqual([0, '']);
    expect(readFileSync(at('text.back')).equals(text)).toBe(true);
  });
  it('as JSON', async () => {
    const { out } = await nadir('compress', 'text', '-o', 'text.j', '--json', '--bits', '14');
    const size = statSync(at('text.j')).size;
    expect(JSON.parse(out)).toEqual({ input: 'text', output: 'text.j', inputBytes: 21900, outputBytes: size, seconds: expect.any(Number), bitsPerByte: (8 * size) / 21900, kernel: 'full', bits: 14 });
    const back = await nadir('decompress', 'text.j', '-o', 'text.back', '--json');
    expect(JSON.parse(back.out)).toEqual({ input: 'text.j', output: 'text.back', inputBytes: size, outputBytes: 21900, seconds: expect.any(Number) });
  });
  it('a kernel file: given again, or embedded', async () => {
    expect((await nadir('compress', 'text', '-o', 'own.n', '--kernel', 'quick.kernel')).code).toBe(0);
    const without = await nadir('decompress', 'own.n', '-o', 'own.back');
    expect([without.code, without.err]).toEqual([2, expect.stringMatching(/^nadir: the container was made with a kernel of its own; give the one with SHA-256 [0-9a-f]{64}\n$/)]);
    expect((await nadir('decompress', 'own.n', '-o', 'own.back', '--kernel', 'lpaq')).code).toBe(2);
    expect(existsSync(at('own.back'))).toBe(false);
    expect((await nadir('decompress', 'own.n', '-o', 'own.back', '--kernel', 'quick.kernel')).code).toBe(0);
    expect(readFileSync(at('own.back')).equals(text)).toBe(true);
    expect((await nadir('compress', 'text', '-o', 'own.n', '--kernel', 'quick.kernel', '--embed')).code).toBe(0);
    expect((await nadir('decompress', 'own.n', '-o', 'own.back')).code).toBe(0);
    expect(readFileSync(at('own.back')).equals(text)).toBe(true);
  });
  it('no bytes, through pipes', async () => {
    writeFileSync(at('empty'), '');
    expect((await nadir('compress', 'empty', '-o', 'empty.n')).out).toMatch(/^empty\.n: 0 to 32 bytes by full /);
    expect((await nadir('decompress', 'empty.n', '-o', 'empty.back')).code).toBe(0);
    expect(statSync(at('empty.back')).size).toBe(0);
    const child = spawn(process.execPath, [cli, 'compress', '-', '-o', '-', '--kernel', 'order2']);
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    for (let i = 0; i < 3; i++) child.stdin.write(text);
    child.stdin.end();
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
    writeFileSync(at('piped.n'), Buffer.concat(parts));
    expect((await nadir('decompress', 'piped.n', '-o', 'piped.back')).code).toBe(0);
    expect(readFileSync(at('piped.back')).equals(Buffer.concat([text, text, text]))).toBe(true);
  });
  it('8 MB', async () => {
    const large = Buffer.alloc(8_000_000);
    for (let i = 0; i < large.length; i++) large[i] = (i ^ (i >>> 9)) & 31;
    writeFileSync(at('large'), large);
    expect((await nadir('compress', 'large', '-o', 'large.n', '--kernel', 'quick.kernel')).code).toBe(0);
    expect(statSync(at('large.n')).size).toBeLessThan(5_500_000);
    expect((await nadir('decompress', 'large.n', '-o', 'large.back', '--kernel', 'quick.kernel')).code).toBe(0);
    expect(readFileSync(at('large.back')).equals(large)).toBe(true);
  }, 120_000);
  it('a link stays one, what may not be read by others stays so, a device stays a device', async () => {
    writeFileSync(at('target'), 'old');
    symlinkSync(at('target'), at('link'));
    writeFileSync(at('secret'), text);
    chmodSync(at('secret'), 0o600);
    expect((await nadir('compress', 'secret', '-o', 'link', '--kernel', 'order2')).code).toBe(0);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(statSync(at('target')).size).toBeGreaterThan(50);
    if (process.platform !== 'win32') expect(statSync(at('target')).mode & 0o777).toBe(0o600);
    expect((await nadir('compress', 'text', '-o', '/dev/null', '--kernel', 'order2')).code).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('what goes wrong', () => {
  mkdirSync(at('taken'), { recursive: true });
  linkSync(at('text'), at('same'));
  it.each([
    [['compress'], 2, 'compress needs FILE: nadir compress FILE [options]'],
    [['compress', 'text'], 2, '--out is missing; give the file to write: -o OUT'],
    [['decompress', 'text'], 2, '--out is missing; give the file to write: -o OUT'],
    [['compress', 'nothing-there', '-o', 'x'], 2, 'nothing-there cannot be read: there is no such file'],
    [['compress', 'taken', '-o', 'x'], 2, 'taken cannot be read: it is a folder'],
    [['compress', 'text', '-o', 'no/such/x'], 1, 'no/such/x cannot be written: there is no such folder'],
    [['compress', 'text', '-o', 'taken'], 1, 'taken cannot be written: it is a folder'],
    [['compress', 'text', '-o', 'same'], 2, '--out is "same", the file that is read; give another'],
    [['compress', 'text', '-o', 'x', '--bits', '30'], 2, 'bits is 30; allowed: an integer from 12 to 22'],
    [['compress', 'text', '-o', 'x', '--kernel', 'ful'], 2, 'there is no kernel and no file "ful"; did you mean full? have order2, lpaq, full'],
    [['compress', 'text', '-o', 'x', '--kernel', 'text'], 2, 'text is no kernel: '],
    [['compress', 'text', '-o', 'x', '--kernel', 'taken'], 2, 'taken cannot be read: it is a folder'],
    [['compress', 'text', '-o', '-', '--json'], 2, '--json and -o - both write to standard output; give one of them'],
    [['decompress', 'text', '-o', 'x'], 2, 'this is nothing that nadir compressed: it begins otherwise'],
    [['decompress', 'text.n', '-o', 'x', '--max-memory', 'much'], 2, '--max-memory is "much"; allowed: bytes, such as 1000000, 256MiB or 1GiB'],
    [['decompress', 'text.n', '-o', 'x', '--max-memory', '1MiB'], 1, 'this kernel with tables of 2^18 slots takes '],
    [['decompress', 'text.n', '-o', 'x', '--max-output', '21.3K'], 2, 'the output has 21900 bytes or more; allowed by --max-output: 21811'],
    [['decompress', 'cut.n', '-o', 'x'], 2, 'the container is cut off after 0 bytes of the original'],
    [['decompress', 'flipped.n', '-o', 'x'], 2, 'block 1 of the container is damaged: its checksum does not fit'],
  ])('%j', async (args, exit, message) => {
    if (!existsSync(at('text.n'))) writeFileSync(at('text.n'), await compress(text, { kernel: 'order2' }));
    const whole = readFileSync(at('text.n'));
    writeFileSync(at('cut.n'), whole.subarray(0, 300));
    writeFileSync(at('flipped.n'), whole.map((byte, i) => (i === 500 ? byte ^ 4 : byte)));
    const { code, out, err } = await nadir(...args);
    expect(err.startsWith(`nadir: ${message}`), err).toBe(true);
    expect([code, out, err.trim().split('\n').length]).toEqual([exit, '', 1]);
    expect([existsSync(at('x')), aside()]).toEqual([false, []]);
  });
  it('what was there before stays when it fails', async () => {
    writeFileSync(at('before'), 'precious');
    expect((await nadir('decompress', 'text', '-o', 'before')).code).toBe(2);
    expect(readFileSync(at('before'), 'utf8')).toBe('precious');
  });
});

describe('stopped', () => {
  /** A run that takes long, once it writes. */
  async function running(out: string): Promise<{ kill(signal: NodeJS.Signals): Promise<number | null>; err(): string }> {
    writeFileSync(at('long'), Buffer.alloc(20_000_000, text));
    const child = spawn(process.execPath, [cli, 'compress', 'long', '-o', out], { cwd: folder });
    let err = '';
    child.stderr.on('data', (part) => (err += part));
    const size = (): number => aside().filter((name) => name.startsWith(`${out}.`)).reduce((sum, name) => sum + statSync(at(name)).size, 0);
    while (size() < 100) await new Promise((done) => setTimeout(done, 20));
    return { kill: (signal) => new Promise((done) => (child.on('exit', done), child.kill(signal))), err: () => err };
  }
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s nothing is left', async (signal) => {
    const run = await running('stopped');
    expect(await run.kill(signal)).toBe(1);
    expect(run.err()).toMatch(/^nadir: stopped by the signal[^\n]*\n$/);
    expect([existsSync(at('stopped')), aside()]).toEqual([false, []]);
  });
  it('by SIGKILL only the file aside, until the next that writes the same', async () => {
    await (await running('killed')).kill('SIGKILL');
    const left = aside();
    expect(left).toEqual([expect.stringMatching(/^killed\.\d+-[0-9a-f]{8}\.part$/)]);
    const live = `killed.${process.pid}-00000000.part`;
    writeFileSync(at(live), '');
    for (const name of [live, ...left]) utimesSync(at(name), 1e9, 1e9);
    expect((await nadir('compress', 'text', '-o', 'killed', '--kernel', 'order2')).code).toBe(0);
    expect(aside()).toEqual([live]); // its process is alive
  });
});
