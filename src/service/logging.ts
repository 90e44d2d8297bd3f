import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { type DestinationStream, type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { WaitlessOutput } from '../linux/waitless-output.js';
import { SeriesTable } from '../telemetry/series-table.js';
import { wantsColours } from '../values/colours.js';
import { LOG_DROPS, LOG_INSTRUMENTS } from './log/instruments.js';
import { LineOutput } from './log/line-output.js';

export interface LogSettings {
  level: string;
  encoding: 'console' | 'json';
}

export interface Log {
  readonly logger: Logger;
  /** Of LOG_INSTRUMENTS. */
  readonly table: SeriesTable;
}

const STDERR = 2;

/** How long writing the last lines before an end may take, in ms: the reader may be slow, or gone. */
const LAST_LINES_MS = 250;

/**
 * A log on stderr. A line is written at once, since the lines before a crash are the ones that matter. Writing never waits:
 * a full disk, or a pipe without a reader, costs lines and nothing else.
 */
export function createLog(settings: LogSettings): Log {
  const table = new SeriesTable(LOG_INSTRUMENTS, { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 });
  const drops = new Float64Array(LOG_INSTRUMENTS.width);
  table.open({}).attach([drops]);
  const lines = new LineOutput(new WaitlessOutput(STDERR), drops, () =>
    logger.warn(`lines of this log were dropped, since the start ${describeDrops(drops)}`),
  );
  const logger = pino(
    { level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination(settings, lines),
  );
  process.on('exit', () => lines.flush(LAST_LINES_MS));
  return { logger, table };
}

function destination({ encoding }: LogSettings, lines: LineOutput): DestinationStream {
  if (encoding === 'json') return lines;
  const pretty = prettyFactory({
    colorize: wantsColours(isatty(STDERR), process.env),
    // With the offset from UTC, as 2026-11-29 05:06:07.123 +0100.
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l o',
    // The journal keeps a time of its own with each line.
    ignore: isJournal(process.env['JOURNAL_STREAM']) ? 'time,pid,hostname' : 'pid,hostname',
    singleLine: true,
  });
  return { write: (line) => lines.write(pretty(line)) };
}

/** Whether stderr is the stream to the journal that systemd names, by device and inode, in systemd.exec(5). */
function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(STDERR);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

function describeDrops(drops: Float64Array): string {
  return LOG_DROPS.flatMap((reason, i) => (drops[i] > 0 ? [`${drops[i]} (${reason})`] : [])).join(', ');
}

/** Sends the OpenTelemetry SDK's own messages to our log. */
export function redirectSdkDiagnostics(logger: Logger): void {
  const sdk = logger.child({ from: 'opentelemetry' });
  const write =
    (level: 'error' | 'warn' | 'info' | 'debug' | 'trace') =>
    (...parts: unknown[]) =>
      sdk[level](parts.map(String).join(' '));
  const diagLogger: DiagLogger = {
    error: write('error'),
    warn: write('warn'),
    info: write('debug'),
    debug: write('trace'),
    verbose: write('trace'),
  };
  diag.setLogger(diagLogger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  // Failed exports arrive here too. The exporters have already logged them, once and in better words.
  setGlobalErrorHandler((error) => sdk.debug({ err: error }, 'sdk error'));
}

/** Sends Node's own warnings to our log. Node itself would write them to stderr and wait for the reader. */
export function redirectWarnings(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => logger.warn(`${name}: ${message}`));
}
