/** `--plots` of the studies on networks: the report as a page, and every chart of it as SVG and PNG. */
import { NadirError, show } from '../../core/errors.ts';
import { detailedComparison, escapeEvents, escapeRates, landscapeBars, landscapeContours, populationDiversity, type Look } from '../../studies/networks/figures.ts';
import { networksReport, type NetworksReportOptions } from '../../studies/networks/report.ts';
import { png } from '../../studies/png.ts';
import { number, type Command, type Io, type Values } from '../shared.ts';

import type { Store } from '../../core/types.ts';

const SCALE = 2;

export const plotOptions: Command['options'] = {
  plots: { type: 'boolean', about: 'report.html, and its charts in plots/ as SVG and PNG' },
  scale: { type: 'string', about: `of the PNGs: pixels a pixel (${SCALE})` },
};

/** The scale, when it makes sense; before anything is made. */
export function scaleOf(values: Values): number {
  const scale = number(values, 'scale') ?? SCALE;
  if (values.scale !== undefined && values.plots !== true) throw new NadirError('input', '--scale is given without --plots');
  if (!(scale > 0 && scale <= 8)) throw new NadirError('input', `--scale is ${show(scale)}; allowed: a number above 0, to 8`);
  return scale;
}

/** Writes them beside the runs; says what there is. */
export async function plots(store: Store, { results = [], landscape = [], trajectories = [], ...rest }: NetworksReportOptions, scale: number, io: Io): Promise<string> {
  const look: Look = { theme: 'light' };
  const charts: { [name: string]: () => string } = {};
  if (results.length > 0) charts['detailed_comparison'] = () => detailedComparison(results, look);
  const escaping = results.filter(({ escape }) => escape !== null);
  for (const run of escaping) charts[`escape_events_${run.experiment}${escaping.some((other) => other !== run && other.experiment === run.experiment) ? `_seed${run.seed}` : ''}`] = () => escapeEvents(run, look);
  if (escaping.length > 0) charts['population_diversity'] = () => populationDiversity(escaping, look);
  if (landscape.length > 0) Object.assign(charts, { landscape_losses: () => landscapeBars(landscape, look), landscape_escapes: () => escapeRates(landscape, look) });
  if (trajectories.length > 0) charts['landscape_contours'] = () => landscapeContours(trajectories, look);
  const text = new TextEncoder();
  let pixels = true;
  for (const [name, draw] of Object.entries(charts)) {
    io.progress(`drawing ${name}`);
    const svg = draw();
    await store.put(`plots/${name}.svg`, text.encode(svg));
    if (!pixels) continue;
    try {
      await store.put(`plots/${name}.png`, await png(svg, { scale }));
    } catch (error) {
      if (!(error instanceof NadirError) || error.code !== 'runtime') throw error;
      pixels = false;
      io.note(`nadir: no PNGs: ${error.message}`);
    }
  }
  await store.put('report.html', text.encode(networksReport({ results, landscape, trajectories, ...rest })));
  const n = Object.keys(charts).length;
  return `report.html and ${n} ${n === 1 ? 'chart' : 'charts'} in plots/`;
}
