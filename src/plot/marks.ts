/** Marks that are told apart by their shape, not by colour alone, and the lines of a legend that shows them. */
import { fixed, lineColor, stroke, type Colors } from './sheet.ts';

export type Shape = 'disc' | 'ring' | 'triangle' | 'diamond' | 'cross' | 'star';
export interface Marks {
  readonly name: string;
  readonly shape: Shape;
  /** [x, y]; a point that is not finite is left out. */
  readonly points: readonly (readonly [number, number])[];
  /** Its place among the theme's colours, from 0; default its place after the lines; -1 is the ink. */
  readonly color?: number;
}
/** A line of a legend: a stroke, a hair line, or a mark. */
export interface Entry { readonly name: string; readonly color: number; readonly thin?: boolean; readonly shape?: Shape }

/** A mark around (x, y), seven to nine pixels wide; what lies beneath shows through a ring alone. */
export function mark(shape: Shape, x: number, y: number, place: number, paint: Colors): string {
  const color = place < 0 ? paint.ink : lineColor(place, paint);
  const at = (dx: number, dy: number): string => `${fixed(x + dx)} ${fixed(y + dy)}`;
  const filled = `class="mark" fill="${color}" stroke="${paint.ground}"`;
  if (shape === 'disc') return `<circle ${filled} cx="${fixed(x)}" cy="${fixed(y)}" r="4"/>`;
  if (shape === 'ring') return `<circle class="mark" cx="${fixed(x)}" cy="${fixed(y)}" r="3.5" fill="none" stroke="${color}" stroke-width="1.8"/>`;
  if (shape === 'cross') return `<path class="mark" d="M${at(-3.5, -3.5)}l7 7m-7 0l7 -7" fill="none" stroke="${color}" stroke-width="2"/>`;
  if (shape === 'triangle') return `<path ${filled} d="M${at(0, -5)}l4.7 8.5h-9.4Z"/>`;
  if (shape === 'diamond') return `<path ${filled} d="M${at(0, -5)}l5 5l-5 5l-5 -5Z"/>`;
  return `<path ${filled} d="M${at(0, -7)}l1.65 4.73l5 0.1l-3.99 3.03l1.45 4.79l-4.11 -2.86l-4.11 2.86l1.45 -4.79l-3.99 -3.03l5 -0.1Z"/>`; // inner radius 0.382 of the outer
}

/** What stands in a legend for an entry, in 18 pixels around (x, y). */
export function swatch({ color, thin, shape }: Entry, x: number, y: number, paint: Colors): string {
  return shape === undefined ? `<path d="M${fixed(x - 9)} ${fixed(y)}h18" ${thin ? hair(color, paint) : stroke(color, paint)}/>` : mark(shape, x, y, color, paint);
}

/** The stroke of a hair line. */
export function hair(color: number, paint: Colors): string {
  return `stroke="${lineColor(color, paint)}" stroke-opacity="0.45"`;
}
