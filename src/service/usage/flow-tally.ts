import { RECV, SEND } from '../../protocols/direction.js';
import { RECV_BYTES, SEND_BYTES } from '../../receivers/uds/index.js';
import type { Series } from '../../telemetry/series.js';

const MS_PER_SECOND = 1000;
const NS_PER_MS = 1_000_000;

/** What a container has counted on a socket so far. */
export class FlowTally {
  /** Bytes sent, bytes received, calls, and those that failed. */
  readonly counts = new Float64Array(4);
  /** Since when. Wall clock, ms since the epoch; Infinity where nothing is known of it. */
  sinceMs = Number.POSITIVE_INFINITY;

  reset(): void {
    this.counts.fill(0);
    this.sinceMs = Number.POSITIVE_INFINITY;
  }

  addTraffic(series: Series): void {
    this.counts[0] += series.total(SEND_BYTES);
    this.counts[1] += series.total(RECV_BYTES);
    const [seconds, nanoseconds] = series.startTime;
    this.sinceMs = Math.min(this.sinceMs, seconds * MS_PER_SECOND + nanoseconds / NS_PER_MS);
  }

  addCalls(series: Series, areErrors: boolean): void {
    const calls = series.total(SEND) + series.total(RECV);
    this.counts[2] += calls;
    if (areErrors) this.counts[3] += calls;
  }
}
