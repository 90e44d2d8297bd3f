import { once } from 'node:events';
import { DEFAULT_CONTROL_SOCKET, parseControlSocket } from '../extensions/control/config.js';
import { quote } from '../values/quote.js';
import { openEvents } from './tail/event-stream.js';
import type { TableSettings } from './tail/event-table.js';
import { TailError } from './tail/failure.js';
import { eventsQuery, type TailOptions } from './tail/options.js';
import { prettyText } from './tail/pretty-text.js';

/** Shows the live events of a running agent until it is interrupted. */
export async function tail(options: TailOptions): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  process.once('SIGINT', () => stopping.abort());
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // On EPIPE the reader has seen enough, as head(1) does.
    stopping.abort(code === 'EPIPE' ? undefined : new TailError(`cannot write: ${message}`));
  });
  try {
    await show(options, signal);
  } catch (error) {
    report(signal.aborted ? signal.reason : error);
  }
}

/** Other errors than that of an abort without a reason, and those for the user, are thrown on. */
function report(error: unknown): void {
  if (error instanceof Error && error.name === 'AbortError') return;
  if (!(error instanceof TailError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function show(options: TailOptions, signal: AbortSignal): Promise<void> {
  const path = controlSocket(options);
  const chunks = openEvents(path, eventsQuery(options), signal);
  for await (const text of options.json === true ? chunks : prettyText(chunks, terminal())) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal });
  }
  if (options.follow) throw new TailError(`the agent at ${path} has gone away`);
}

/** @throws TailError */
function controlSocket({ control }: TailOptions): string {
  const fromEnvironment = process.env['UDSCOPE_CONTROL'];
  const [name, value] =
    control === undefined && fromEnvironment
      ? ['UDSCOPE_CONTROL', fromEnvironment]
      : ['--control', control ?? DEFAULT_CONTROL_SOCKET];
  const parsed = parseControlSocket(value);
  if (!parsed.ok) throw new TailError(`${name}: ${quote(value)} ${parsed.refusal}`);
  return parsed.value;
}

function terminal(): TableSettings {
  const { stdout, env } = process;
  if (!stdout.isTTY) return { colour: false, columns: () => Number.POSITIVE_INFINITY };
  // https://no-color.org: set to anything but an empty string. The width changes with the window.
  return { colour: !env['NO_COLOR'], columns: () => stdout.columns };
}
