import { InvalidArgumentError } from 'commander';
import type { ControlOptions } from '../control/control-socket.js';

export interface TailOptions extends ControlOptions {
  socket: string[];
  container: string[];
  method: string[];
  protocol: string[];
  errors?: boolean;
  operations?: boolean;
  last: number;
  follow: boolean;
  json?: boolean;
  /** A file, or true for standard output. */
  pcapng?: string | true;
}

/** The most remembered events to ask for. The agent has a limit of its own, and says so. */
const MAX_LAST = 100_000;

/** @throws InvalidArgumentError */
export function parseLast(value: string): number {
  if (/^\d{1,6}$/.test(value) && Number(value) <= MAX_LAST) return Number(value);
  throw new InvalidArgumentError(`It is not a whole number from 0 to ${MAX_LAST}.`);
}

/** The query of the streams that the options choose: only those to come, as no others are remembered. */
export function streamsQuery(options: Pick<TailOptions, 'socket' | 'container'>): URLSearchParams {
  const query = new URLSearchParams({ last: '0', follow: 'true', type: 'stream' });
  for (const name of ['socket', 'container'] as const) {
    for (const value of options[name]) query.append(name, value);
  }
  return query;
}

/** The query that the options make. The agent does all the choosing. */
export function eventsQuery(options: TailOptions): URLSearchParams {
  const query = new URLSearchParams({ last: String(options.last), follow: String(options.follow) });
  for (const name of ['socket', 'container', 'protocol', 'method'] as const) {
    for (const value of options[name]) query.append(name, value);
  }
  if (options.errors === true) query.append('errors', 'true');
  if (options.operations !== true) query.append('type', 'call');
  return query;
}
