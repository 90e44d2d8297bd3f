import type { Attributes } from '@opentelemetry/api';
import type { SocketProtocol } from '../protocols/names.js';
import type { SeriesOwner } from '../telemetry/series.js';
import type { SeriesContainer } from '../telemetry/series-container.js';
import type { RingSettings } from './capture/ring/layout.js';
import type { Coverage } from './capture/strategies/coverage.js';
import type { CaptureSettings } from './capture/strategies/settings.js';

/** What is captured under one generation: a socket, with what its records leave out. */
export interface CaptureGeneration {
  /** uds.socket.name */
  readonly socket: string;
  /** Path of the upstream. */
  readonly path: string;
  /** What is spoken there. */
  readonly protocol: SocketProtocol;
  /**
   * The word of the client that all its traffic is of. undefined: each record tells, by its client's number.
   */
  readonly client: number | undefined;
  readonly coverage: Coverage;
}

/** How a flow shows in series, spans and events. */
export interface CapturedFlow {
  /** Attributes of its series: of the socket, and of the container as metrics have them. */
  readonly attributes: Attributes;
  /** The container that its series and spans are of, if it is one. */
  readonly container?: SeriesContainer | undefined;
  /** The client that takes a share of the series for it. */
  readonly client: SeriesOwner;
  /** The word of the client where that is another than the one its records tell. */
  readonly clientWord: number | undefined;
  /** Told of each protocol of which a request was understood in it; perhaps several times, and after its end. */
  readonly spoken?: (protocol: string) => void;
}

/** A thread that writes a ring. */
export interface RingOrigin {
  /** By the client's number in a record: a word that stands for the client on all threads. */
  readonly clientWords: SharedArrayBuffer;
  /** Takes in now what the thread has reported. It reports a flow before it writes the flow's first record. */
  drainReports(): void;
}

/**
 * Reads what is captured. All of it is called on the main thread.
 *
 * A generation is introduced before anything is captured under it, so that each of its records can be decoded when it is
 * read. What a flow is called is asked for only when something is reported of it.
 */
export interface CaptureObserver {
  /** What a writer rings when there is much to read. */
  readonly doorbell: SharedArrayBuffer;
  /** Makes a ring for one writer, and reads it from now on. Returns what `removeRing` takes. */
  addRing(
    name: string,
    settings: RingSettings,
    origin: RingOrigin,
  ): { ring: number; memory: SharedArrayBuffer };
  /** Its writer has written for the last time. What is in it will still be read. */
  removeRing(ring: number): void;
  /** Records may come under the number that it returns. */
  addGeneration(generation: CaptureGeneration): number;
  /** No more records of a generation will be written; those that were will still be read. */
  endGeneration(generation: number): void;
  /** A relay thread has reported a flow. */
  addFlow(flow: number, captured: CapturedFlow): void;
  /**
   * No more records of a flow will be written; those that were will still be read. `isFinal`: its client will not come
   * back, so that its series do not go on.
   */
  endFlow(flow: number, isFinal: boolean): void;
  /** A strategy was at fault: a socket is captured no more. */
  countFault(): void;
}

/** How a socket is captured, and its reader. */
export interface SocketCapture {
  readonly settings: CaptureSettings;
  readonly observer: CaptureObserver;
}
