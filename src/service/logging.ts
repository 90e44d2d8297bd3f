import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { build as prettyStream } from 'pino-pretty';

export interface LogSettings {
  level: string;
  encoding: 'console' | 'json';
}

const STDERR = 2;

/** A logger on stderr. Writing is synchronous: the lines before a crash are the ones that matter. */
export function createLogger(settings: LogSettings): Logger {
  return pino(
    { level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    stream(settings),
  );
}

function stream({ encoding }: LogSettings): DestinationStream {
  if (encoding === 'json') return destination({ fd: STDERR, sync: true });
  return prettyStream({
    destination: STDERR,
    sync: true,
    colorize: process.stderr.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
}

/** Sends what the OpenTelemetry SDK has to say of itself to our log. */
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
  // Failed exports arrive here too; the exporters have already said so, once and in better words.
  setGlobalErrorHandler((error) => sdk.debug({ err: error }, 'sdk error'));
}
