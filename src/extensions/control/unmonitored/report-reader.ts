import { type FSWatcher, lstatSync, opendirSync, unlinkSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import {
  MAX_REPORT_BYTES,
  reportDirectory,
  UNFINISHED,
  UNMONITORED_REASONS,
  type UnmonitoredReason,
} from '../../../api/containers/unmonitored.js';
import { isClosed, ownOwners } from '../../../identity/sources/trusted-path.js';
import { makePrivateDirectory } from '../../../layout/private-directory.js';
import { readRegularFile } from '../../../linux/files.js';
import { attempt } from '../../../values/attempt.js';
import { fields } from '../../../values/map.js';
import { firstLine } from '../../../values/printable.js';

/** Files that are read at a time, before anything else has its turn. */
const MAX_AT_A_TIME = 256;

/** Lines in the log for the files of one time. */
const MAX_LINES = 16;

const MAX_WHY_LENGTH = 500;

/** Whole, so that it can be found: engines make ids of 64 characters, and runtimes accept 128. */
const MAX_ID_LENGTH = 128;

/** More containers than a machine starts in a year; what counts more is no report of the wrapper. */
const MAX_COUNT = 1e9;

/** How often the directory is looked at, whether or not the kernel has reported a change, in ms. */
const SWEEP_MS = 10_000;

/** When a file that was never finished is removed: its writer has died. In ms. */
const UNFINISHED_MS = 60_000;

export interface ReportReaderSettings {
  /** The control socket, beside which the wrapper leaves its reports. */
  readonly control: string;
  /** A column for each of UNMONITORED_REASONS. */
  readonly counts: Float64Array;
  readonly logger: Logger;
}

interface Report {
  readonly reason: UnmonitoredReason;
  readonly container: string;
  readonly why: string;
  readonly count: number;
}

/** Counts and logs what the runtime wrapper has reported, now and while no agent was there. */
export class ReportReader {
  readonly #settings: ReportReaderSettings;
  readonly #folder: string;
  #watcher: FSWatcher | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #next: NodeJS.Immediate | undefined;

  constructor(settings: ReportReaderSettings) {
    this.#settings = settings;
    this.#folder = reportDirectory(settings.control);
  }

  start(): void {
    try {
      makePrivateDirectory(this.#folder, { isOwn: true });
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.#readSoon());
      this.#watcher.on('error', () => {});
    } catch (error) {
      // Watches may have run out; then the sweep finds the reports.
      this.#settings.logger.debug(`${this.#folder} is not watched: ${(error as Error).message}`);
    }
    this.#sweep = setInterval(() => this.#readSoon(), SWEEP_MS).unref();
    this.#readSoon();
  }

  close(): void {
    this.#watcher?.close();
    clearInterval(this.#sweep);
    clearImmediate(this.#next);
  }

  #readSoon(): void {
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      this.#read();
    });
  }

  #read(): void {
    const names = namesIn(this.#folder);
    const reports = names.flatMap((name) => this.#take(name) ?? []);
    for (const { reason, container, why } of reports.slice(0, MAX_LINES)) {
      const what = container === '' ? 'a container' : `container "${container}"`;
      this.#settings.logger.warn(`${what} is not monitored (${reason})${why === '' ? '' : `: ${why}`}`);
    }
    if (reports.length > MAX_LINES) {
      this.#settings.logger.warn(`${reports.length - MAX_LINES} more containers are not monitored`);
    }
    if (names.length === MAX_AT_A_TIME && reports.length > 0) this.#readSoon();
  }

  /**
   * Counts a report that could be removed: whoever removes it, counts it. Both happen at once, so that no export has the count of
   * an agent that ends in between.
   */
  #take(name: string): Report | undefined {
    const path = join(this.#folder, name);
    if (name.startsWith(UNFINISHED)) {
      removeIfOld(path);
      return undefined;
    }
    const owners = ownOwners();
    const text = readRegularFile(path, MAX_REPORT_BYTES, (stats) => isClosed(stats, owners));
    const isMine = attempt(() => unlinkSync(path) ?? true) ?? false;
    if (!isMine || text === undefined) return undefined;
    const report = reportIn(text);
    this.#settings.counts[UNMONITORED_REASONS.indexOf(report.reason)]! += report.count;
    return report;
  }
}

/** Some names at a time. */
function namesIn(folder: string): string[] {
  const names: string[] = [];
  attempt(() => {
    const directory = opendirSync(folder);
    try {
      while (names.length < MAX_AT_A_TIME) {
        const entry = directory.readSync();
        if (entry === null) break;
        names.push(entry.name);
      }
    } finally {
      directory.closeSync();
    }
  });
  return names;
}

function reportIn(text: string): Report {
  const { reason, container, why, count } = fields(attempt((): unknown => JSON.parse(text)));
  const known = UNMONITORED_REASONS.find((each) => each === reason);
  const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_COUNT;
  return {
    reason: known ?? '_OTHER',
    container: typeof container === 'string' ? firstLine(container, MAX_ID_LENGTH) : '',
    why: typeof why === 'string' ? firstLine(why, MAX_WHY_LENGTH) : '',
    count: isCount ? count : 1,
  };
}

function removeIfOld(path: string): void {
  attempt(() => {
    if (Date.now() - lstatSync(path).mtimeMs > UNFINISHED_MS) unlinkSync(path);
  });
}
