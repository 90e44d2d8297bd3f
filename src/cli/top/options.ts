import { InvalidArgumentError } from 'commander';
import type { ControlOptions } from '../control/control-socket.js';
import { CommandError } from '../control/failure.js';
import { MAX_LINES, type Order, type ViewName } from './words.js';

export interface TopOptions extends ControlOptions {
  view?: ViewName;
  socket: string[];
  container: string[];
  method: string[];
  protocol: string[];
  /** Between two looks, in ms. */
  interval: number;
  sort: Order;
  limit?: number;
  once?: boolean;
  json?: boolean;
}

/** A look costs the agent a pass over all series. */
const MIN_INTERVAL_MS = 100;

/** @throws InvalidArgumentError */
export function parseLimit(value: string): number {
  const limit = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= MAX_LINES) return limit;
  throw new InvalidArgumentError(`It is not a whole number from 1 to ${MAX_LINES}.`);
}

/** The view to begin with. @throws CommandError when it cannot show what is chosen. */
export function firstView({ view, method, protocol, interval }: TopOptions): ViewName {
  if (interval < MIN_INTERVAL_MS) throw new CommandError(`--interval: give ${MIN_INTERVAL_MS}ms or more`);
  const choosesMethods = method.length > 0 || protocol.length > 0;
  if (!choosesMethods) return view ?? 'containers';
  if (view !== undefined && view !== 'methods') {
    throw new CommandError(`--method and --protocol choose among methods; give --view methods, or none`);
  }
  return 'methods';
}
