import { errnoName } from '../../src/linux/errno.js';

/** The result of a transfer that should have succeeded. */
export function failure(operation: string, result: number): Error {
  if (result < 0) return new Error(`${operation}: ${errnoName(-result)}`);
  return new Error(
    result === 0 ? `${operation}: the connection was closed` : `${operation}: only ${result} bytes`,
  );
}
