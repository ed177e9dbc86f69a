/** The problem registry. */
import { named } from '../core/errors.ts';
import type { ProblemDef } from '../core/types.ts';
import { functions } from './functions.ts';

export const problems: readonly ProblemDef[] = [...functions];

/** The definition of that name; an unknown name is an error that offers the nearest. */
export function problem(name: unknown): ProblemDef {
  return named('problem', problems, name);
}
