import type { Series } from './series.js';

/** How a hold on a series ends. */
export interface EndOfHold {
  readonly isFinal: boolean;
  readonly isWithdrawn: boolean;
}

/** Somebody's hold on a series: the series lives while there is one. */
export interface SeriesHandle {
  readonly series: Series;
  /** Adds rows to the series. @throws Error after `close`: nobody would ever take them out again. */
  attach(rows: Float64Array[]): void;
  /** Takes rows out of it, keeping what they counted. */
  detach(rows: Float64Array[]): void;
  /**
   * Ends this hold; rows still attached are detached. Idempotent. `isFinal`: a later series with the same
   * attributes is another one, also where series resume.
   */
  close(isFinal?: boolean): void;
  /** The same. A series that has never counted anything and that nobody else holds goes at once. */
  withdraw(): void;
}

/** A hold on a series. `onClose` is called once. */
export function openHandle(series: Series, onClose: (way: EndOfHold) => void = () => {}): SeriesHandle {
  const attached = new Set<Float64Array>();
  let closed = false;
  const detach = (rows: Iterable<Float64Array>) => {
    for (const row of rows) {
      if (attached.delete(row)) series.detach(row);
    }
  };
  const end = (way: EndOfHold) => {
    if (closed) return;
    closed = true;
    detach([...attached]);
    onClose(way);
  };
  return {
    series,
    attach(rows) {
      if (closed) throw new Error('rows are attached to a series whose handle is closed');
      for (const row of rows) {
        attached.add(row);
        series.attach(row);
      }
    },
    detach,
    close: (isFinal = false) => end({ isFinal, isWithdrawn: false }),
    withdraw: () => end({ isFinal: false, isWithdrawn: true }),
  };
}
