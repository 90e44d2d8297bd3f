import { isDeepStrictEqual } from 'node:util';
import { type Coverage, coverageOf } from '../../../processors/capture/strategies/coverage.js';
import type { CaptureObserver, SocketCapture } from '../../../processors/observer.js';
import type { PoolFlow } from '../pool/pool-flows.js';
import type { PoolCapture } from '../pool/pool-listener.js';
import type { CountedFlow } from './client-series.js';
import type { RelayedSocket } from './relayed-socket.js';

/** One reader of a listener's records, under one coverage. */
interface Generation {
  readonly number: number;
  readonly observer: CaptureObserver;
  readonly coverage: Coverage;
}

/**
 * What is captured of a listener's flows, and who reads it. A new generation begins when the reader or the coverage
 * changes; the records of a flow carry another number in each.
 */
export class CaptureGenerations {
  readonly #socket: RelayedSocket;
  readonly #generations = new Map<number, Generation>();
  /** The numbers that records of each flow have carried. */
  readonly #sources = new Map<PoolFlow, Map<number, Generation>>();
  /** Resolves when what was captured until now is where it is read; undefined if it always is. */
  readonly #passedOn: () => Promise<unknown> | undefined;
  #capture: SocketCapture | undefined;
  #current: Generation | undefined;
  #next = 0;

  constructor(socket: RelayedSocket, passedOn: () => Promise<unknown> | undefined) {
    this.#socket = socket;
    this.#passedOn = passedOn;
  }

  /** The generation that is captured, undefined if none is. */
  get current(): number | undefined {
    return this.#current?.number;
  }

  /** Whether this is what is captured, or was to be. */
  isCapture(capture: SocketCapture | undefined): boolean {
    const current = this.#capture;
    return capture?.observer === current?.observer && isDeepStrictEqual(capture?.settings, current?.settings);
  }

  /** Captures like this from now on. Returns what the threads are to do. */
  begin(capture: SocketCapture | undefined): PoolCapture | undefined {
    this.#capture = capture;
    if (capture === undefined) {
      this.#current = undefined;
      return undefined;
    }
    const { settings, observer } = capture;
    const coverage = coverageOf(settings);
    const current = this.#current;
    const isSame = current?.observer === observer && isDeepStrictEqual(current.coverage, coverage);
    const generation = isSame ? current : { number: this.#next++, observer, coverage };
    this.#current = generation;
    this.#generations.set(generation.number, generation);
    return { settings, observer, registration: generation.number };
  }

  /** A strategy is at fault: captures nothing until something else is to be. Returns the generation that was captured. */
  giveUp(): number | undefined {
    const failed = this.#current;
    failed?.observer.countFault();
    // `#capture` stays: the same again is no change.
    this.#current = undefined;
    return failed?.number;
  }

  /** No thread captures under this generation any more. */
  end(number: number): void {
    this.#generations.delete(number);
    for (const sources of this.#sources.values()) {
      for (const [source, generation] of sources) {
        if (generation.number !== number) continue;
        sources.delete(source);
        this.#endSource(generation.observer, source);
      }
    }
  }

  /** Records of a flow carry the number `source` from now on. */
  addSource(flow: PoolFlow, { attributes, owner }: CountedFlow, source: number, number: number): void {
    const generation = this.#generations.get(number);
    if (generation === undefined) return;
    const { name, path, upstream, protocol } = this.#socket;
    const sources = this.#sources.get(flow) ?? new Map<number, Generation>();
    this.#sources.set(flow, sources.set(source, generation));
    generation.observer.addSource(
      source,
      { socket: name, path: path ?? upstream, attributes, protocol, client: owner },
      generation.coverage,
    );
  }

  /** A flow has ended. `isFinal`: its client has ended and will not come back. */
  endFlow(flow: PoolFlow, isFinal: boolean): void {
    const sources = this.#sources.get(flow) ?? [];
    this.#sources.delete(flow);
    for (const [source, { observer }] of sources) this.#endSource(observer, source, isFinal);
  }

  /** No more records of it are written; those that were may still be on their way. */
  #endSource(observer: CaptureObserver, source: number, isFinal?: boolean): void {
    const passedOn = this.#passedOn();
    if (passedOn === undefined) observer.endSource(source, isFinal);
    else void passedOn.then(() => observer.endSource(source, isFinal));
  }
}
