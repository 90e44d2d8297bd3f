import { type ProtocolName, protocolsOf } from '../../protocols/names.js';
import type { CallData } from '../../telemetry/call-data.js';
import type { SeriesHandle, SeriesTable } from '../../telemetry/series-table.js';
import type { RingSettings } from '../capture/ring/layout.js';
import type { CapturedFlow, CaptureGeneration, CaptureObserver, RingOrigin } from '../observer.js';
import type { KnownFlow } from './known-flows.js';
import type { ClientLimits, GenerationSettings, SeriesName } from './messages.js';

/** What is made of the traffic that a channel observes. */
export interface EnrichSettings {
  /** Protocols to try where a socket does not name its own. None: nothing is decoded. */
  protocols: readonly ProtocolName[];
  methods: GenerationSettings['methods'];
  routes: GenerationSettings['routes'];
  latency: boolean;
  payload: GenerationSettings['payload'];
  /** 0: no spans are wanted. */
  spanRatio: number;
  /** Whether log records are wanted. */
  logs: boolean;
  /** The receiver that is captured: a client of several receivers has a share of each. */
  receiver: string;
  /** What each client may have. */
  limits: ClientLimits;
}

/** Where what is found goes. */
export interface EnrichOutputs {
  /** Tables of CALL_INSTRUMENTS, METHOD_INSTRUMENTS and LOSS_INSTRUMENTS. */
  calls: SeriesTable;
  methods: SeriesTable;
  losses: SeriesTable;
  /** Finished calls of one client, which `client` tells from others: those that have a span, … */
  spans(calls: readonly CallData[], client: string): void;
  /** … and those that have a log record. */
  logs(calls: readonly CallData[], client: string): void;
}

/** The thread behind a channel. */
export interface EnrichLink extends Omit<CaptureObserver, 'addGeneration'> {
  addGeneration(channel: EnrichChannel, settings: GenerationSettings): number;
}

/**
 * One receiver's way to the enrich thread: what is captured for it is read under these settings, and what is found comes
 * back to these outputs, with the names of its flows.
 */
export class EnrichChannel implements CaptureObserver {
  readonly #link: EnrichLink;
  readonly #outputs: EnrichOutputs;

  constructor(
    link: EnrichLink,
    readonly settings: EnrichSettings,
    outputs: EnrichOutputs,
  ) {
    this.#link = link;
    this.#outputs = outputs;
  }

  get doorbell(): SharedArrayBuffer {
    return this.#link.doorbell;
  }

  addRing(
    name: string,
    settings: RingSettings,
    origin: RingOrigin,
  ): { ring: number; memory: SharedArrayBuffer } {
    return this.#link.addRing(name, settings, origin);
  }

  removeRing(ring: number): void {
    this.#link.removeRing(ring);
  }

  addGeneration({ protocol, ...generation }: CaptureGeneration): number {
    const protocols = protocolsOf(protocol, this.settings.protocols);
    return this.#link.addGeneration(this, { ...this.settings, ...generation, protocols });
  }

  endGeneration(generation: number): void {
    this.#link.endGeneration(generation);
  }

  addFlow(flow: number, captured: CapturedFlow): void {
    this.#link.addFlow(flow, captured);
  }

  endFlow(flow: number, isFinal: boolean): void {
    this.#link.endFlow(flow, isFinal);
  }

  countFault(): void {
    this.#link.countFault();
  }

  /** A hold on a series that is to be counted for a flow. */
  openSeries(wanted: SeriesName, { captured: { attributes, client, container } }: KnownFlow): SeriesHandle {
    if (wanted.kind === 'losses')
      return this.#outputs.losses.open(client.attributes, client, client.container);
    const table = this.#outputs[wanted.kind];
    const { method } = wanted;
    if (method === undefined) return table.openOverflow(client);
    return table.open({ ...attributes, ...method }, client, container);
  }

  /** Hands on finished calls of a flow under its name. */
  publish(calls: readonly CallData[], { captured, text }: KnownFlow): void {
    const { container, client } = captured;
    const named = calls.map((call) => ({ ...call, attributes: { ...text, ...call.attributes }, container }));
    this.#outputs.spans(
      named.filter(({ isSampled }) => isSampled),
      client.key,
    );
    this.#outputs.logs(
      named.filter(({ logAttributes }) => logAttributes !== undefined),
      client.key,
    );
  }
}
