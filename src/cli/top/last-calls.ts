import { CommandError } from '../control/failure.js';
import { openEvents } from '../tail/event-stream.js';
import { EventTable, type TableSettings } from '../tail/event-table.js';
import { parseStreamLine, type ShownCall } from '../tail/stream-line.js';
import type { Scope } from './counted.js';
import type { CallLine } from './frame.js';

/** Calls that are shown. */
const CALLS = 200;

/** How long the agent may take for them, in ms. */
const ANSWER_MS = 15_000;

/** More than so many events take, in characters. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** The last calls in a scope, the latest first. @throws CommandError */
export async function lastCalls(
  control: string,
  scope: Scope,
  settings: TableSettings,
  signal: AbortSignal,
): Promise<CallLine[]> {
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  let text = '';
  for await (const part of await openEvents(control, queryOf(scope), waiting)) {
    text += part;
    if (text.length > MAX_LENGTH) throw new CommandError('the agent sends more events than were asked for');
  }
  const calls = text
    .split('\n')
    .map(parseStreamLine)
    .filter((line): line is ShownCall => line?.type === 'call');
  const table = new EventTable(settings);
  return calls.map((call, i) => ({ key: String(calls.length - i), line: table.format(call) })).reverse();
}

function queryOf({ container, socket, protocol, method }: Scope): URLSearchParams {
  const query = new URLSearchParams({ last: String(CALLS), follow: 'false', type: 'call' });
  const wanted = { container: container?.choice, socket, protocol, method: method && patternOf(method) };
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined && value !== '') query.append(name, value);
  }
  return query;
}

/** What events call a method that series call so: in these, what is not printable is escaped, and what has no name is `_OTHER`. */
function patternOf(method: string): string {
  return method.replaceAll(/\\u\{[0-9a-f]+\}|_OTHER/g, '*');
}
