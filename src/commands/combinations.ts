/** `nadir combinations`: weights for coefficients that meet a target, cycle by cycle. */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { files, now } from '../platform/index.ts';
import { lineChart } from '../plot/line.ts';
import { combinations as study, type CombinationOptions, type CombinationResult } from '../studies/combinations.ts';
import { brief, number, numbers, table, writable, write, type Command, type Values } from './shared.ts';

const SHOWN = 12; // weights on one line

export const combinations: Command = {
  name: 'combinations',
  about: 'weights of coefficients whose sum meets a target',
  options: {
    coefficients: { type: 'string', about: 'numbers with commas between them: 15,47,-12' },
    file: { type: 'string', about: 'a CSV or JSON file of them instead; JSON may hold { coefficients, target }' },
    target: { type: 'string', about: 'the sum wanted' },
    tolerance: { type: 'string', about: 'converged this near to it (0)' },
    'max-iter': { type: 'string', about: 'cycles at most (32)' },
    'initial-wpn': { type: 'string', about: 'the first step factor (1)' },
    'wpn-bounds': { type: 'string', about: 'lower,upper of the later ones; null is infinite' },
    mode: { type: 'string', about: 'faithful: the published cycles (default); convergent: weights of the same form, found first and walked to' },
    strategy: { type: 'string', about: 'auto, exact, parallel, brute, adaptive, sampling, grouped or greedy (auto)' },
    sampling: { type: 'string', about: 'how sampling draws: winners, importance, random or progressive; strategy sampling unless another is given' },
    'sampling-threshold': { type: 'string', about: 'up to so many coefficients its cycles are exact (12)' },
    'sampling-size': { type: 'string', about: 'subsets it draws a cycle' },
    'sampling-faithful': { type: 'boolean', about: 'the published draws' },
    'index-filtering': { type: 'boolean', about: 'the published index filter' },
    'early-stopping': { type: 'boolean', about: 'the first line within the tolerance wins its cycle' },
    'early-stop-factor': { type: 'string', about: 'within this much times the tolerance (1)' },
    'stall-stop': { type: 'boolean', about: 'stop when a state repeats' },
    memory: { type: 'string', about: 'bytes the search may use (1073741824)' },
    workers: { type: 'string', about: 'threads' },
    gpu: { type: 'boolean', about: 'use a graphics processor where there is one' },
    seed: { type: 'string', about: 'an integer from 0 (0)' },
    backend: { type: 'string', about: 'auto, simd or reference: the same bits' },
    'truth-table': { type: 'string', about: 'a file for every line of every cycle (CSV)' },
    plot: { type: 'string', about: 'a file for delta and step factor a cycle as a chart (SVG)' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const { coefficients, target } = await given(values);
    const plot = text('plot');
    if (plot !== undefined && plot === text('truth-table')) throw new NadirError('input', `--truth-table and --plot are both ${show(plot)}; allowed: two files`);
    if (plot !== undefined) await writable(plot);
    const begun = now();
    let shown = begun;
    const result = await study(coefficients, target, {
      ...optionsOf(values),
      signal: io.signal,
      onCycle: ({ cycle, deltaAbs }) => {
        if (now() - shown < 250) return;
        shown = now();
        io.progress(`cycle ${cycle}, ${brief(deltaAbs)} from the target`);
      },
    });
    const seconds = (now() - begun) / 1000;
    if (values.json) io.out(JSON.stringify(result));
    else for (const line of report(result, coefficients.length, target, seconds)) io.out(line);
    if (plot !== undefined && result.winners.length > 0) await write(plot, chart(result, target));
    if (result.stop === 'aborted') {
      const lost = [text('truth-table'), result.winners.length > 0 ? undefined : plot].filter((path) => path !== undefined).map((path) => `; ${path} is not written`).join('');
      throw new NadirError('aborted', `stopped by the signal after ${result.cycles} ${result.cycles === 1 ? 'cycle' : 'cycles'}; the best so far is ${brief(result.best.delta)} from the target${lost}`);
    }
  },
};

/** What the command line says of the study's options; what it does not say is the study's default. */
function optionsOf(values: Values): CombinationOptions {
  const sampling = some({ kind: values.sampling, threshold: number(values, 'sampling-threshold'), size: number(values, 'sampling-size'), faithful: values['sampling-faithful'] });
  const sampled = Object.keys(sampling).length > 0;
  return some({
    tolerance: number(values, 'tolerance'),
    maxIter: number(values, 'max-iter'),
    initialWpn: number(values, 'initial-wpn'),
    wpnBounds: values['wpn-bounds'] === undefined ? undefined : bounds(values['wpn-bounds'] as string),
    mode: values.mode,
    strategy: values.strategy ?? (sampled ? 'sampling' : undefined),
    sampling: sampled ? sampling : undefined,
    indexFiltering: values['index-filtering'],
    earlyStopping: values['early-stopping'],
    earlyStopFactor: number(values, 'early-stop-factor'),
    stallStop: values['stall-stop'],
    memory: number(values, 'memory'),
    workers: number(values, 'workers'),
    gpu: values.gpu ? 'auto' : undefined,
    seed: number(values, 'seed'),
    backend: values.backend,
    truthTable: values['truth-table'],
  }) as CombinationOptions;
}

/** Without what is not there. */
function some(options: { readonly [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function bounds(text: string): [number | null, number | null] {
  const parts = text.split(',').map((part) => (/^\s*(null|[-+]?inf(inity)?|)\s*$/i.test(part) ? null : Number(part)));
  if (parts.length !== 2 || parts.some((part) => Number.isNaN(part))) throw new NadirError('input', `--wpn-bounds is ${show(text)}; allowed: lower,upper, null for an infinite one`);
  return parts as [number | null, number | null];
}

/** Coefficients and target, from the command line or a file. */
async function given(values: Values): Promise<{ coefficients: number[]; target: number }> {
  const path = values.file as string | undefined;
  if ((path === undefined) === (values.coefficients === undefined)) throw new NadirError('input', 'give one of --coefficients NUMBERS and --file FILE');
  const listed = path === undefined ? { coefficients: [numbers(values, 'coefficients')!].flat(), target: undefined } : await read(path);
  const target = number(values, 'target') ?? listed.target;
  if (target === undefined) throw new NadirError('input', '--target is missing; give the sum wanted');
  return { coefficients: listed.coefficients, target };
}

/** The numbers of a JSON file, an array or { coefficients, target }, or of a CSV file, in order; a first line without numbers is a heading. */
async function read(path: string): Promise<{ coefficients: number[]; target: number | undefined }> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(path);
  } catch (error) {
    throw new NadirError('input', `${path} cannot be read: ${messageOf(error)}`);
  }
  if (bytes === undefined) throw new NadirError('input', `${path} cannot be read: there is no such file`);
  const content = new TextDecoder().decode(bytes).trim();
  if (/^[[{]/.test(content)) {
    let json: unknown;
    try {
      json = JSON.parse(content);
    } catch (error) {
      throw new NadirError('input', `${path} is not JSON: ${messageOf(error)}`);
    }
    const { coefficients, target } = Array.isArray(json) ? { coefficients: json as unknown[], target: undefined } : (json as { coefficients?: unknown; target?: unknown });
    if (!Array.isArray(coefficients) || !coefficients.every((c) => typeof c === 'number')) throw new NadirError('input', `${path} holds ${show(coefficients ?? json)}; allowed: numbers, or { "coefficients": numbers, "target": a number }`);
    if (target !== undefined && typeof target !== 'number') throw new NadirError('input', `target of ${path} is ${show(target)}; allowed: a number`);
    return { coefficients, target };
  }
  const lines = content.split(/\r\n|\n|\r/);
  if (lines.some((line) => line.includes(';') && line.includes(','))) throw new NadirError('input', `${path} has commas and semicolons on one line; allowed: one of them between numbers, a point for decimals`);
  const rows = lines.map((line) => line.trim().replace(/\s*([,;])\s*|\s+/g, (_, mark) => mark ?? ' ').replace(/[,;]$/, '').split(/[ ,;]/).map((cell) => cell.replace(/^"(.*)"$/, '$1').trim()));
  const heading = rows[0]!.every((cell) => Number.isNaN(Number(cell)) && !/^[-+]?(nan|inf)/i.test(cell));
  const coefficients = rows.flatMap((row, r) => ((heading && r === 0) || row.join('') === '' ? [] : row.map((cell) => {
    if (cell === '' || Number.isNaN(Number(cell))) throw new NadirError('input', `line ${r + 1} of ${path} has ${show(cell)}; allowed: numbers`);
    return Number(cell);
  })));
  if (coefficients.length === 0) throw new NadirError('input', `${path} has no numbers; allowed: coefficients, at least one`);
  return { coefficients, target: undefined };
}

function report({ winners, weights, result, delta, converged, stop, cycles, best, evaluations, strategy, ...more }: CombinationResult, n: number, target: number, seconds: number): string[] {
  const { why, device } = more as { why?: string; device?: string };
  const ends: { readonly [stop: string]: string } = { target: 'converged', budget: 'no cycles left', stagnation: 'nothing nearer to come', aborted: 'stopped' };
  const list = (numbers: readonly number[]): string => (numbers.length > SHOWN ? `${numbers.slice(0, SHOWN).map(brief).join(' ')} ... (${numbers.length} numbers, --json shows all)` : numbers.map(brief).join(' '));
  return [
    `${n} ${n === 1 ? 'coefficient' : 'coefficients'}, target ${target}, by ${strategy}`,
    ...(why === undefined ? [] : [`  ${why}`]),
    ...(device === undefined ? [] : [`  device   ${device}`]),
    ...(winners.length === 0 ? [] : [table([['cycle', 'line', 'combo', 'wpn', 'result', 'delta'], ...winners.map((w) => [String(w.cycle), w.line, w.combo, brief(w.wpn), brief(w.result), brief(w.deltaAbs)])])]),
    `  weights  ${list(weights)}`,
    `  result   ${result}, ${brief(delta)} from the target: ${ends[stop]} after ${cycles} ${cycles === 1 ? 'cycle' : 'cycles'}`,
    ...(converged || best.delta === delta ? [] : [`  best     ${list(best.weights)}, ${brief(best.delta)} from the target, ${best.cycle > cycles ? 'by' : 'after'} cycle ${best.cycle}${best.cycle > cycles ? ', which was not finished' : ''}`]),
    `  tried    ${Number(evaluations).toLocaleString('en')} lines in ${seconds.toFixed(2)} s`,
  ];
}

/** Delta and the size of the step factor a cycle, on one logarithmic axis; a delta of 0 has no place there, so the title names it. */
function chart({ winners }: CombinationResult, target: number): string {
  const exact = winners.find((w) => w.deltaAbs === 0);
  return lineChart({
    title: `target ${target}${exact ? `, met exactly in cycle ${exact.cycle}` : ''}`,
    x: { label: 'cycle' },
    y: { label: 'delta, |WPN|', log: true },
    series: [
      { name: 'delta', points: winners.map((w) => [w.cycle, w.deltaAbs]) },
      { name: 'WPN', points: winners.map((w) => [w.cycle, Math.abs(w.wpn)]) },
    ],
    width: 800,
    height: 450,
    theme: 'light',
  });
}
