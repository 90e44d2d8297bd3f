import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { History, HistoryQuery } from '../../api/history/schema.js';
import { deadlineNow } from '../../async/deadline.js';
import { Slices } from '../../async/slices.js';
import type { UsageReport } from '../usage/usage-report.js';
import { TrafficHistory } from './traffic-history.js';

/** How long an interval is, in ms, unless counting takes too long for that. */
const INTERVAL_MS = 5000;

/** The part of its time that the thread may take for counting. */
const SHARE = 1 / 50;

/** `Date.now` counts whole ms, and is read a moment later. */
const TOLERANCE_MS = 1000;

/** Remembers what has happened in the last hour, as long as somebody may want to see it. */
export class HistoryKeeper {
  readonly #usage: Pick<UsageReport, 'tally'>;
  #history: TrafficHistory | undefined;
  #keeping: AbortController | undefined;

  constructor(usage: Pick<UsageReport, 'tally'>) {
    this.#usage = usage;
  }

  /** Begins to remember, or forgets all. */
  keep(isWanted: boolean, logger: Logger): void {
    if (isWanted === (this.#keeping !== undefined)) return;
    this.#keeping?.abort();
    this.#keeping = isWanted ? new AbortController() : undefined;
    this.#history = isWanted ? new TrafficHistory() : undefined;
    if (this.#history === undefined || this.#keeping === undefined) return;
    const { signal } = this.#keeping;
    void this.#run(this.#history, signal).catch((error: unknown) => {
      if (!signal.aborted)
        logger.error({ err: error }, 'traffic of the last hour is not remembered any more');
    });
  }

  /** undefined: nothing is remembered. */
  read(query: HistoryQuery): History | undefined {
    return this.#history?.read(query, wallClockAheadMs());
  }

  async #run(history: TrafficHistory, signal: AbortSignal): Promise<void> {
    for (;;) {
      const startedMs = deadlineNow();
      const flows = await this.#usage.tally(signal);
      await history.add(startedMs, flows, new Slices(signal), wallClockAheadMs());
      const tookMs = deadlineNow() - startedMs;
      const waitMs = Math.max(INTERVAL_MS - tookMs, tookMs / SHARE);
      await sleep(waitMs, undefined, { signal, ref: false });
    }
  }
}

/** How far the wall clock is ahead of `deadlineNow`: it was set since the agent began, or the machine slept. In ms. */
function wallClockAheadMs(): number {
  const aheadMs = Date.now() - deadlineNow();
  return Math.abs(aheadMs) < TOLERANCE_MS ? 0 : aheadMs;
}
