/** Python reads what a benchmark leaves: every .npz and .json of a store, with numpy, against the records. Needs python3-numpy: SKIPPED without, a failure with CI=true. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { files } from '../src/platform/index.ts';
import { directory } from '../src/stores/directory.ts';
import { conduct } from '../src/studies/conduct.ts';
import { benchmark } from '../src/studies/optbench/benchmark.ts';
import { optbench } from '../src/studies/optbench.ts';

import type { RunRecord } from '../src/experiment/record.ts';

const found = spawnSync('python3', ['-c', 'import numpy'], { encoding: 'utf8' }).status === 0;
if (!found && process.env.CI !== 'true') console.log('SKIPPED: the artifacts were not read, there is no python3-numpy (Debian: apt-get install python3-numpy)');

let folder: string;
let records: RunRecord[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nadir-artifacts-'));
  const done = await conduct({ ...benchmark({ intensity: 'light' }), operation: optbench }, { store: await directory(join(folder, 'store'), files) });
  records = await done.records();
  writeFileSync(join(folder, 'records.json'), JSON.stringify(records));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!found && process.env.CI !== 'true')('numpy loads every artifact of the 32 runs, and they say what the records say', () => {
  const script = `
import json, os, numpy as np
records = json.load(open('records.json'))
loaded = 0
for r in records:
    at = os.path.join('store', 'runs', r['id'][:2], r['id'])
    names = sorted(os.listdir(at))
    assert names == sorted(a['name'] for a in r['artifacts']), names
    for a in r['artifacts']: assert os.path.getsize(os.path.join(at, a['name'])) == a['bytes']
    assert {'convergence_curve.npz', 'best_solution.npz', 'trajectory.npz', 'summary.json', 'report.txt'} <= set(names), names
    curve, best, path, series = (np.load(os.path.join(at, n + '.npz')) for n in ('convergence_curve', 'best_solution', 'trajectory', 'series'))
    m, dim = r['metrics'], r['params']['dim']
    assert curve['best_f'][-1] == m['best_f'] == curve['best_f'].min()
    assert np.array_equal(np.minimum.accumulate(curve['f_value']), curve['best_f'])
    assert curve['iteration'][-1] == m['iterations'] and len(curve['iteration']) == len(curve['f_value'])
    assert np.array_equal(series['f_value.value'], curve['f_value'])
    assert best['x'].shape == (dim,) and path['x'].shape == (len(path['iteration']), dim) and len(path['iteration']) <= 200
    x = best['x']
    f = {'sphere': lambda: (x * x).sum(), 'rosenbrock': lambda: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
         'rastrigin': lambda: 10 * dim + (x * x - 10 * np.cos(2 * np.pi * x)).sum(),
         'ackley': lambda: -20 * np.exp(-0.2 * np.sqrt((x * x).mean())) - np.exp(np.cos(2 * np.pi * x).mean()) + 20 + np.e}[r['params']['problem']]()
    assert abs(f - m['best_f']) <= 1e-9 * max(1, abs(f)), (r['params'], f, m['best_f'])
    optimum = np.ones(dim) if r['params']['problem'] == 'rosenbrock' else np.zeros(dim)
    assert abs(np.linalg.norm(x - optimum) - m['solution_distance']) < 1e-9 * max(1, m['solution_distance'])
    summary = json.load(open(os.path.join(at, 'summary.json')))
    assert summary
    loaded += len(names)
print(loaded)
`;
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { encoding: 'utf8', cwd: folder });
  expect(stderr).toBe('');
  expect(Number(stdout)).toBe(32 * 6);
  expect(records.length).toBe(32);
});
