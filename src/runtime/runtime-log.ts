import { closeSync, constants, openSync, writeSync } from 'node:fs';

export type Level = 'warning' | 'error';

/** As runc makes its log files, with logrus. */
const LOG_FILE_MODE = 0o644;

const STDERR = 2;

/**
 * Writes where an engine looks for errors: to standard error, and to the file that it gave to the runtime with `--log`, from which it
 * makes its own message. Writes are synchronous: process.stderr would make a pipe non-blocking, which the runtime
 * would inherit.
 */
export class RuntimeLog {
  readonly #file: string | undefined;
  readonly #isJson: boolean;

  /** @param format `--log-format` of the runtime: text, which is the default, or some kind of json */
  constructor(file: string | undefined, format: string | undefined) {
    this.#file = file;
    this.#isJson = format?.startsWith('json') === true;
  }

  /** @param message printable, on one line */
  write(level: Level, message: string): void {
    attempt(() => writeSync(STDERR, `udscope-runtime: ${level}: ${message}\n`));
    if (this.#file !== undefined) attempt(() => append(this.#file ?? '', this.#line(level, message)));
  }

  #line(level: Level, message: string): string {
    // RFC 3339 as logrus writes it: without a fraction.
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const msg = `udscope: ${message}`;
    return this.#isJson
      ? `${JSON.stringify({ level, msg, time })}\n`
      : `time="${time}" level=${level} msg=${JSON.stringify(msg)}\n`;
  }
}

function append(file: string, line: string): void {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  // Does not wait for a reader if it is a pipe.
  const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, LOG_FILE_MODE);
  try {
    writeSync(fd, line);
  } finally {
    closeSync(fd);
  }
}

/** A message that cannot be written is lost: there is no other place to report that. */
function attempt(write: () => unknown): void {
  try {
    write();
  } catch {
    // The other place may still work.
  }
}
