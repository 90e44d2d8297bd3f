import { errnoName } from '../../src/linux/errno.js';

/** What a transfer that should have gone through came to instead. */
export function failure(operation: string, result: number): Error {
  if (result < 0) return new Error(`${operation}: ${errnoName(-result)}`);
  return new Error(
    result === 0 ? `${operation}: the connection was closed` : `${operation}: only ${result} bytes`,
  );
}
