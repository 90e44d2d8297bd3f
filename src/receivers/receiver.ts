import type { Logger } from 'pino';
import type { Containers } from '../identity/containers.js';
import type { SeriesTable } from '../telemetry/series-table.js';

/** What a receiver works with as long as it runs. */
export interface ReceiverContext {
  /** `type/name`, as configured. */
  id: string;
  /** What it counts: of instruments of its own. */
  table: SeriesTable;
  /** Connections whose clients nobody knows: of ATTRIBUTION_INSTRUMENTS. */
  attribution: SeriesTable;
  containers: Containers;
  logger: Logger;
  /** Something has happened that the receiver cannot go on from. */
  fatal(error: unknown): void;
}

/** A change that has been made possible and is not visible yet. Exactly one of the two must be called. */
export interface PreparedChange {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Takes in traffic as it is configured, from its first change to its shutdown. */
export interface Receiver<Settings> {
  /** The settings it runs under; undefined before the first. */
  readonly settings: Settings | undefined;
  /** Does all that may fail about new settings, the first or others. @throws Error; nothing has changed then. */
  prepare(settings: Settings): Promise<PreparedChange>;
  /** Brings its tables up to date. */
  drainReports(): void;
  /**
   * Takes in nothing new, lets what goes on end until `deadlineMs` (as of `deadlineNow`), and then ends it. Idempotent,
   * and legal before the first change.
   */
  shutdown(deadlineMs: number): Promise<void>;
}
