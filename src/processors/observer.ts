import type { Attributes } from '@opentelemetry/api';
import type { SocketProtocol } from '../protocols/names.js';
import type { SeriesOwner } from '../telemetry/series.js';
import type { RingSettings } from './capture/ring/layout.js';
import type { Coverage } from './capture/strategies/coverage.js';
import type { CaptureSettings } from './capture/strategies/settings.js';

/** Whose traffic a record is. */
export interface CaptureSource {
  /** uds.socket.name */
  readonly socket: string;
  /** Path of the upstream. */
  readonly path: string;
  /** Attributes of its series: of the socket, and of the container as metrics have them. */
  readonly attributes: Attributes;
  /** What is spoken there. */
  readonly protocol: SocketProtocol;
  /** Whose share of what is bounded it takes: of the receiver's clients. */
  readonly client: SeriesOwner;
}

/** Who reads what is captured. All of it runs on the main thread. */
export interface CaptureObserver {
  /** What a writer rings when there is much to read. */
  readonly doorbell: SharedArrayBuffer;
  /** One word: the next number of a source. Whoever takes one adds to it atomically. */
  readonly sources: SharedArrayBuffer;
  /** Makes a ring for one writer, and reads it from now on. Returns what `removeRing` takes. */
  addRing(name: string, settings: RingSettings): { ring: number; memory: SharedArrayBuffer };
  /** Its writer has written for the last time. What is in it will still be read. */
  removeRing(ring: number): void;
  /** Whose traffic the records of a number are, and how much of it is captured. They may have come already. */
  addSource(number: number, source: CaptureSource, coverage: Coverage): void;
  /**
   * No more records of it will be written; those that were will still be read. `isFinal`: whoever it was will not
   * come back, so that its series do not go on.
   */
  endSource(number: number, isFinal?: boolean): void;
  /** A strategy was at fault: a source is captured no more. */
  countFault(): void;
}

/** How a socket is captured, and who hears of it. */
export interface SocketCapture {
  readonly settings: CaptureSettings;
  readonly observer: CaptureObserver;
}
