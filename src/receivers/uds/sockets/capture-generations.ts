import { isDeepStrictEqual } from 'node:util';
import { clientOf as clientOfProcess } from '../../../identity/client-key.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import { type Coverage, coverageOf } from '../../../processors/capture/strategies/coverage.js';
import type { CapturedFlow, CaptureObserver, SocketCapture } from '../../../processors/observer.js';
import type { SeriesOwner } from '../../../telemetry/series.js';
import type { PoolFlow } from '../pool/pool-flows.js';
import type { PoolCapture } from '../pool/pool-listener.js';
import { wordOfClient } from '../relay/client-counts.js';
import { asksClients } from './attributes.js';
import { clientOf } from './client.js';
import type { CountedFlow } from './client-series.js';
import type { SeriesLabels } from './counted-client.js';

/** What is captured of a listener, and its reader, which knows it by the number. */
interface Generation {
  readonly number: number;
  readonly observer: CaptureObserver;
  readonly coverage: Coverage;
}

interface OpenFlow {
  readonly captured: CapturedFlow;
  /** Those that know it. */
  readonly observers: Set<CaptureObserver>;
}

/**
 * What is captured of a listener's flows, and its reader. A new generation begins when the reader or the coverage
 * changes. The reader knows it before threads are told to capture under it.
 */
export class CaptureGenerations {
  readonly #labels: SeriesLabels;
  /** Resolves when what was captured until now is where it is read; undefined if it always is. */
  readonly #passedOn: () => Promise<unknown> | undefined;
  readonly #generations = new Map<number, Generation>();
  readonly #flows = new Map<PoolFlow, OpenFlow>();
  #capture: SocketCapture | undefined;
  #current: Generation | undefined;

  constructor(labels: SeriesLabels, passedOn: () => Promise<unknown> | undefined) {
    this.#labels = labels;
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
    this.#current = isSame ? current : this.#introduce(observer, coverage);
    return { settings, observer, generation: this.#current.number };
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
    const generation = this.#generations.get(number);
    if (generation === undefined) return;
    this.#generations.delete(number);
    this.#afterPassing(() => generation.observer.endGeneration(number));
  }

  /** The listener has ended. */
  close(): void {
    for (const number of [...this.#generations.keys()]) this.end(number);
    this.#current = undefined;
  }

  /** A flow has opened. `client`: the process that has connected, as far as it is known. */
  openFlow(
    flow: PoolFlow,
    client: ProcessSnapshot | undefined,
    {
      attributes,
      owner,
      container,
      spoken,
    }: Pick<CountedFlow, 'attributes' | 'owner' | 'container' | 'spoken'>,
  ): void {
    const clientWord = this.#wordOf(client, owner);
    const captured = { attributes, container, client: owner, clientWord, spoken };
    const open = { captured, observers: new Set<CaptureObserver>() };
    this.#flows.set(flow, open);
    for (const { observer } of this.#generations.values()) name(flow, open, observer);
  }

  /** A flow has ended. `isFinal`: its client has ended and will not come back. */
  endFlow(flow: PoolFlow, isFinal: boolean): void {
    const { observers = [] } = this.#flows.get(flow) ?? {};
    this.#flows.delete(flow);
    for (const observer of observers) this.#afterPassing(() => observer.endFlow(flow.number, isFinal));
  }

  #introduce(observer: CaptureObserver, coverage: Coverage): Generation {
    const { name: socket, path, upstream, protocol } = this.#labels.socket;
    const client = this.#isShared ? undefined : wordOfClient(this.#everyone.key);
    const number = observer.addGeneration({ socket, path: path ?? upstream, protocol, client, coverage });
    const generation = { number, observer, coverage };
    this.#generations.set(number, generation);
    for (const [flow, open] of this.#flows) name(flow, open, observer);
    return generation;
  }

  /** Whether clients are told apart. */
  get #isShared(): boolean {
    return asksClients(this.#labels.socket, this.#labels.attributes);
  }

  /** The one client of all connections, where clients are not told apart. */
  get #everyone(): SeriesOwner {
    return clientOf(this.#labels.socket, this.#labels.attributes, undefined, undefined);
  }

  /** The word of a flow's client where a relay thread takes it for another: where only a runtime's state tells its container. */
  #wordOf(snapshot: ProcessSnapshot | undefined, { key }: SeriesOwner): number | undefined {
    if (!this.#isShared) return undefined;
    const seen = snapshot === undefined ? undefined : clientOfProcess(snapshot.cgroup, snapshot.uid);
    return seen === key ? undefined : wordOfClient(key);
  }

  /** No more records are written; those that were may still be on their way. */
  #afterPassing(action: () => void): void {
    const passedOn = this.#passedOn();
    if (passedOn === undefined) action();
    else void passedOn.then(action);
  }
}

function name(flow: PoolFlow, { captured, observers }: OpenFlow, observer: CaptureObserver): void {
  observers.add(observer);
  observer.addFlow(flow.number, captured);
}
