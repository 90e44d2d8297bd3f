import type { FlowUsage, MethodUsage } from '../../api/usage/schema.js';
import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import { trafficCounts, UDS_INSTRUMENTS } from '../../receivers/uds/index.js';
import type { Series } from '../../telemetry/series.js';
import { DurationTotals } from './durations.js';
import type { Ending, Subject } from './subject.js';

/** What the agent calls a method that is not shown by name. */
const OTHER = '_OTHER';

/** All that is counted of one line of a report. */
export class Totals {
  readonly #calls = { calls: 0, errors: 0, unknown: 0, cancelled: 0 };
  readonly #bytes = { sendBytes: 0, recvBytes: 0 };
  readonly #durations = new DurationTotals();
  readonly #traffic = new Float64Array(UDS_INSTRUMENTS.width);
  readonly #protocols = new Set<string>();

  /** Adds the calls of a series: those with requests in one direction, or all. */
  addCalls(series: Series, ending: Ending, subject: Subject, direction?: Direction): void {
    const calls = direction === undefined ? series.total(SEND) + series.total(RECV) : series.total(direction);
    this.#calls.calls += calls;
    if (ending !== undefined) this.#calls[ending] += calls;
    const columns = direction === undefined ? subject.allColumns : subject.columns[direction];
    for (const each of columns) this.#durations.add(series, each);
    if (subject.protocol !== undefined) this.#protocols.add(subject.protocol);
  }

  /** Adds the bytes of a method. */
  addBytes(series: Series): void {
    this.#bytes.sendBytes += series.total(SEND);
    this.#bytes.recvBytes += series.total(RECV);
  }

  /** Adds what is relayed, whatever it is. */
  addTraffic(series: Series): void {
    const totals = series.totals();
    for (let i = 0; i < totals.length; i++) this.#traffic[i] += totals[i];
  }

  methodUsage(subject: Subject, direction: Direction): MethodUsage {
    const { container, protocol, namespace, method = OTHER } = subject;
    return {
      container,
      ...socketOf(subject),
      ...(protocol === undefined ? {} : { protocol }),
      ...(namespace === undefined ? {} : { namespace }),
      method,
      from: direction === SEND ? 'container' : 'upstream',
      counts: { ...this.#calls, ...this.#bytes },
      ...this.#durationsShown(),
    };
  }

  /** `shows`: which of its subject's names all of it has. */
  flowUsage(subject: Subject, shows: { client: boolean; socket: boolean }): FlowUsage {
    return {
      ...(shows.client ? { container: subject.container } : {}),
      ...(shows.socket ? { ...socketOf(subject), ...scopeOf(subject) } : {}),
      protocols: [...this.#protocols].sort(),
      counts: trafficCounts([this.#traffic]),
      calls: { ...this.#calls },
      ...this.#durationsShown(),
    };
  }

  #durationsShown() {
    const durations = this.#durations.summary();
    return durations === undefined ? {} : { durations };
  }
}

function scopeOf({ scope }: Subject) {
  return scope === undefined ? {} : { scope };
}

function socketOf({ socket, path }: Subject) {
  return { ...(socket === undefined ? {} : { socket }), ...(path === undefined ? {} : { path }) };
}
