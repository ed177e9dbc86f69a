/** `nadir list`: every problem and optimizer with its options. */
import { allowed } from '../core/options.ts';
import type { Option, OptimizerDef, ProblemDef } from '../core/types.ts';
import { optimizers } from '../optimizers/index.ts';
import { problems } from '../problems/index.ts';
import type { Command } from './shared.ts';

export const list: Command = {
  name: 'list',
  about: 'the problems and optimizers there are, with their options',
  options: { json: { type: 'boolean', about: 'one JSON document' } },
  async run(values, io) {
    if (values.json) {
      io.out(JSON.stringify({ problems: problems.map(described), optimizers: optimizers.map((def) => ({ ...described(def), spaces: def.spaces, gradient: def.gradient })) }, null, 2));
      return;
    }
    for (const [title, defs] of [['problems', problems], ['optimizers', optimizers]] as const) {
      io.out(title);
      for (const def of defs) {
        io.out(`  ${def.name.padEnd(16)} ${def.about}`);
        if (title === 'optimizers') for (const [name, option] of Object.entries(def.options as { [name: string]: Option })) io.out(`    ${name.padEnd(14)} ${String(option.default).padEnd(11)} ${option.about} (${allowed(option)})`);
      }
    }
  },
};

function described(def: OptimizerDef | ProblemDef): { name: string; aliases: readonly string[]; about: string; options: { [name: string]: Option & { allowed: string } }; defaults: { [name: string]: unknown } } {
  const entries = Object.entries(def.options as { [name: string]: Option });
  return {
    name: def.name,
    aliases: def.aliases ?? [],
    about: def.about,
    options: Object.fromEntries(entries.map(([name, option]) => [name, { ...option, allowed: allowed(option) }])),
    defaults: Object.fromEntries(entries.map(([name, option]) => [name, option.default])),
  };
}
