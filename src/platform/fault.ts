/**
 * How an error crosses a thread: as plain data.
 *
 * Surprise: structured clone keeps neither an Error's `code` nor its class, and some runtimes drop the message of a subclass.
 */
import { NadirError } from '../core/errors.ts';

import type { ErrorCode } from '../core/errors.ts';

/** An error as plain data. `code` is there when it was a NadirError. */
export interface Fault {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly stack?: string;
}

/** Anything that was thrown, as data. An error of a second copy of nadir counts as a NadirError too. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  return name === 'NadirError' ? { name, message, stack, code: (error as NadirError).code } : { name, message, stack };
}

/** The error a fault stands for: a NadirError again, or an Error of the same name and message. */
export function errorOf(fault: Fault): Error {
  const error = fault.code === undefined ? new Error(fault.message) : new NadirError(fault.code, fault.message);
  error.name = fault.name;
  if (fault.stack !== undefined) error.stack = fault.stack;
  return error;
}
