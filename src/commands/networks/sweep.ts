/** `nadir networks sweep`: which settings of escape are good everywhere. */
import { sweep as study, sweepTable, type SweepRow } from '../../studies/networks/sweep.ts';
import { brief, number, table, type Command } from '../shared.ts';
import { counts, ended, follow, names, replicates, seedOptions, shared } from './study.ts';

const OUT = './runs/sweep';
const SHOWN = 12; // settings

export const sweep: Command = {
  name: 'networks sweep',
  about: 'tunes escape: scale distribution, patience, thresholds and steps of candidates, ranked over problems',
  options: {
    problems: { type: 'string', about: 'test functions, mlp-smooth, mlp-jagged (rosenbrock,rastrigin,ackley,double-well,mlp-jagged)' },
    dim: { type: 'string', about: 'of the functions (10)' },
    cost: { type: 'string', about: 'evaluations of a function, a gradient is one more (20000)' },
    passes: { type: 'string', about: 'passes over the data of a network, a gradient is two more (300)' },
    lr: { type: 'string', about: 'of the descent within (0.01)' },
    rotated: { type: 'boolean', about: 'functions are shifted and rotated, another way each seed' },
    seed: { type: 'string', about: 'an integer from 0 (0)' },
    ...seedOptions('runs of every setting on every problem (5)'),
    ...shared(OUT),
  },
  async run(values, io) {
    const definition = study({
      problems: names(values, 'problems'), dim: number(values, 'dim'), cost: number(values, 'cost'), passes: number(values, 'passes'), lr: number(values, 'lr'),
      rotated: values.rotated === true, seed: number(values, 'seed'), seeds: replicates(values),
    });
    const done = await follow(definition, OUT, values, io);
    const rows = sweepTable(done.records);
    const problems = Object.keys(rows[0]?.problems ?? {});
    const head = ['scales', 'patience', 'gradNormThreshold', 'lossThreshold', 'evalSteps', 'rank', ...problems];
    const cells = ({ scales, patience, gradNormThreshold, lossThreshold, evalSteps, rank, problems: of }: SweepRow, text: (value: number) => string): string[] => [
      scales, String(patience), text(gradNormThreshold), text(lossThreshold), String(evalSteps), rank.toFixed(1), ...problems.map((name) => (of[name] ? text(of[name].median) : '')),
    ];
    const quoted = (cell: string): string => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    await done.store.put('sweep.csv', new TextEncoder().encode([head, ...rows.map((row) => cells(row, String))].map((row) => `${row.map(quoted).join(',')}\n`).join('')));
    if (values.json) io.out(JSON.stringify({ store: done.place, stop: done.made.stop, made: done.made.success, skipped: done.made.skipped, failed: done.made.failed, milliseconds: done.made.milliseconds, rows }));
    else {
      io.out(`${done.made.size} runs; ${counts(done.made)}`);
      const few = rows.length <= 2 * SHOWN;
      const shown = few ? rows : [...rows.slice(0, SHOWN), ...rows.slice(-3)];
      if (rows.length > 0) io.out(`\n${table([head, ...shown.map((row) => cells(row, brief))])}`);
      io.out(`\n${few ? '' : `the best ${SHOWN} and the worst 3 of ${rows.length} settings; `}rank: mean over the problems of the rank by median loss; all of them in ${done.place}/sweep.csv`);
    }
    ended(done, values, io);
  },
};
