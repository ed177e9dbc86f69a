/** NumPy reads what we write, byte for byte what it would have written, and we read what NumPy writes. Needs python3-numpy: SKIPPED without, a failure with CI=true. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openCapture } from '../src/experiment/capture.ts';
import { npy, npz, readNpy, readNpz } from '../src/experiment/npy.ts';
import { memory } from '../src/stores/memory.ts';

import type { TypedArray } from '../src/experiment/npy.ts';

const found = spawnSync('python3', ['-c', 'import numpy'], { encoding: 'utf8' }).status === 0;
if (!found && process.env.CI !== 'true') console.log('SKIPPED: NumPy was not asked, there is no python3-numpy (Debian: apt-get install python3-numpy)');
const folder = mkdtempSync(join(tmpdir(), 'nadir-npy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function python(code: string): unknown {
  const { stdout, stderr, status } = spawnSync('python3', ['-c', `import json, numpy as np\n${code}`], { encoding: 'utf8', cwd: folder });
  if (status !== 0) throw new Error(stderr || 'there is no python3-numpy (Debian: apt-get install python3-numpy)');
  return JSON.parse(stdout);
}
const file = (name: string): Uint8Array => readFileSync(join(folder, name));

const arrays: { readonly [name: string]: { readonly array: TypedArray; readonly shape: readonly number[]; readonly dtype: string; readonly values: readonly unknown[] } } = {
  doubles: { array: Float64Array.of(0.1, -0, NaN, Infinity, 5e-324, 1e308), shape: [2, 3], dtype: 'float64', values: ['0.1', '-0.0', 'nan', 'inf', '5e-324', '1e+308'] },
  singles: { array: Float32Array.of(0.5, -1.25), shape: [2], dtype: 'float32', values: ['0.5', '-1.25'] },
  signed: { array: Int32Array.of(-2147483648, 2147483647), shape: [1, 2], dtype: 'int32', values: ['-2147483648', '2147483647'] },
  unsigned: { array: Uint32Array.of(4294967295), shape: [], dtype: 'uint32', values: ['4294967295'] },
  bytes: { array: Uint8Array.of(0, 255, 7), shape: [3, 1], dtype: 'uint8', values: ['0', '255', '7'] },
  empty: { array: new Float64Array(0), shape: [0, 4], dtype: 'float64', values: [] },
};
const names = Object.keys(arrays);

test.skipIf(!found && process.env.CI !== 'true')('NumPy reads our .npy and .npz', () => {
  for (const name of names) writeFileSync(join(folder, `${name}.npy`), npy(arrays[name]!.array, arrays[name]!.shape));
  writeFileSync(join(folder, 'all.npz'), npz(Object.fromEntries([...names.map((name) => [name, arrays[name]!] as const), ['größe/a b', Uint8Array.of(1)]])));
  const told = python(`
z = np.load('all.npz', allow_pickle=False)
say = lambda a: [str(a.dtype), list(a.shape), [str(x) for x in a.ravel().tolist()]]
print(json.dumps({'names': list(z.files), **{n: [say(np.load(n + '.npy', allow_pickle=False)), say(z[n])] for n in ${JSON.stringify(names)}}}))`) as { names: string[]; [name: string]: unknown };
  expect(told.names).toEqual([...names, 'größe/a b']);
  for (const name of names) {
    const { dtype, shape, values } = arrays[name]!;
    expect(told[name], name).toEqual([[dtype, shape, values], [dtype, shape, values]]);
  }
});

test.skipIf(!found && process.env.CI !== 'true')('we read what NumPy writes, and write the same bytes', () => {
  python(`
made = {'doubles': np.array([[0.1, -0.0, np.nan], [np.inf, 5e-324, 1e308]]), 'singles': np.array([0.5, -1.25], 'f4'), 'signed': np.array([[-2**31, 2**31 - 1]], 'i4'),
        'unsigned': np.array(2**32 - 1, 'u4'), 'bytes': np.array([[0], [255], [7]], 'u1'), 'empty': np.zeros((0, 4))}
for n in made: np.save('np-' + n + '.npy', made[n])
np.savez('np.npz', **made); np.savez_compressed('np-small.npz', **made)
np.save('np-i8.npy', np.array([-3, 2**53])); np.save('np-fortran.npy', np.zeros((2, 3)).T)
print('1')`);
  for (const archive of [readNpz(file('np.npz')), readNpz(file('np-small.npz')), Object.fromEntries(names.map((name) => [name, readNpy(file(`np-${name}.npy`))]))]) {
    expect(Object.keys(archive)).toEqual(names);
    for (const name of names) {
      expect(archive[name]!.shape).toEqual(arrays[name]!.shape);
      expect(Object.is(archive[name]!.array.constructor, arrays[name]!.array.constructor)).toBe(true);
      expect([...archive[name]!.array].every((x, i) => Object.is(x, arrays[name]!.array[i]))).toBe(true);
    }
  }
  for (const name of names) expect(Buffer.compare(npy(arrays[name]!.array, arrays[name]!.shape), file(`np-${name}.npy`)), name).toBe(0);
  expect([...readNpy(file('np-i8.npy')).array]).toEqual([-3, 9007199254740992]);
  expect(() => readNpy(file('np-fortran.npy'))).toThrow('Fortran order');
});

test.skipIf(!found && process.env.CI !== 'true')('NumPy reads what a run leaves', async () => {
  const store = memory();
  const { capture, finish } = await openCapture({ store, id: '00112233aabbccdd', attempt: 'me-1', signal: new AbortController().signal, now: () => 0, every: 1e9, artifacts: true, resumable: false, dirty: false, conduct: async () => [] });
  for (let step = 0; step < 1000; step++) capture.metric('loss/train', 1 / (step + 1), step);
  const rows = capture.stream('rows.npy', { type: 'f32', shape: [2, 3] });
  for (let i = 0; i < 500; i++) await rows.write(Float32Array.from({ length: 6 * 200 }, (_, k) => i * 1200 + k));
  const { artifacts } = (await finish())!;
  for (const { name, bytes } of artifacts) {
    const kept = (await store.get(`runs/00/00112233aabbccdd/${name}`))!;
    expect(kept.length).toBe(bytes);
    writeFileSync(join(folder, name), kept);
  }
  expect(python(`
z = np.load('series.npz'); r = np.load('rows.npy', mmap_mode='r')
print(json.dumps([z['loss/train.step'].tolist() == list(range(1000)), z['loss/train.value'].tolist() == [1 / (i + 1) for i in range(1000)],
  list(r.shape), str(r.dtype), bool((r.ravel() == np.arange(600000, dtype='f4')).all())]))`)).toEqual([true, true, [100000, 2, 3], 'float32', true]);
});

test('a zip is the same in every time zone', () => {
  const code = "import { zipSync } from 'fflate'; console.log(Buffer.from(zipSync({ x: new Uint8Array(1) }, { level: 0, mtime: '1980-01-01T00:00:00' })).toString('hex'))";
  const made = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles', 'Pacific/Kiritimati'].map((TZ) => spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env: { ...process.env, TZ }, cwd: new URL('..', import.meta.url).pathname }).stdout);
  expect(made[0]!.length).toBeGreaterThan(100);
  expect(new Set(made).size).toBe(1);
});
