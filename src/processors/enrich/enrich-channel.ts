import type { Attributes } from '../../protocols/conventions.js';
import { type ProtocolName, protocolsOf } from '../../protocols/names.js';
import type { SeriesTable } from '../../telemetry/series-table.js';
import type { SpanData } from '../../telemetry/span-data.js';
import type { RingSettings } from '../capture/ring/layout.js';
import type { Coverage } from '../capture/strategies/coverage.js';
import type { CaptureObserver, CaptureSource } from '../observer.js';
import type { EnrichThread } from './enrich-thread.js';
import { KeptSeries } from './kept-series.js';
import type { ClientLimits, EnrichReport, SourceSettings } from './messages.js';
import type { RowSeries } from './row-series.js';

/** What is made of the traffic of a channel's sources. */
export interface EnrichSettings {
  /** Protocols to try where a source does not name its own. None: nothing is decoded. */
  protocols: readonly ProtocolName[];
  methods: SourceSettings['methods'];
  latency: boolean;
  payload: SourceSettings['payload'];
  /** 0: nobody takes spans. */
  spanRatio: number;
  /** Of whose clients it is: who is a client of several receivers has a share of each. */
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
  /** Spans of one client, which `client` tells from others. */
  spans(spans: readonly SpanData[], client: string): void;
}

interface OpenSource {
  readonly attributes: CaptureSource['attributes'];
  readonly client: CaptureSource['client'];
  /** Whoever it is of will not come back. */
  isFinal: boolean;
}

/**
 * One receiver's way to the enrich thread: its sources are read under these settings, and what is found of
 * them comes back to these outputs.
 */
export class EnrichChannel implements CaptureObserver {
  readonly #enrichThread: EnrichThread;
  readonly #rows: RowSeries;
  readonly #outputs: EnrichOutputs;
  readonly #sources = new Map<number, OpenSource>();
  /** Series of sources that there are, which a thread has counted that has ended. */
  readonly #kept = new KeptSeries();

  constructor(
    enrichThread: EnrichThread,
    rows: RowSeries,
    readonly settings: EnrichSettings,
    outputs: EnrichOutputs,
  ) {
    this.#enrichThread = enrichThread;
    this.#rows = rows;
    this.#outputs = outputs;
  }

  get doorbell(): SharedArrayBuffer {
    return this.#enrichThread.doorbell;
  }

  get sources(): SharedArrayBuffer {
    return this.#enrichThread.sources;
  }

  addRing(name: string, settings: RingSettings): { ring: number; memory: SharedArrayBuffer } {
    return this.#enrichThread.addRing(name, settings);
  }

  removeRing(ring: number): void {
    this.#enrichThread.removeRing(ring);
  }

  addSource(number: number, source: CaptureSource, coverage: Coverage): void {
    this.#enrichThread.addSource(this, number, this.#settingsOf(source, coverage));
    const { attributes, client } = source;
    this.#sources.set(number, { attributes, client, isFinal: false });
  }

  endSource(number: number, isFinal = false): void {
    const source = this.#sources.get(number);
    if (source !== undefined) source.isFinal = isFinal;
    this.#enrichThread.endSource(number);
  }

  countFault(): void {
    this.#enrichThread.countFault();
  }

  /** What the enrich thread has to say of one of its sources. */
  hear(report: Extract<EnrichReport, { source: number }>): void {
    const source = this.#sources.get(report.source);
    if (source === undefined) return;
    switch (report.type) {
      case 'call_series':
        this.#openCalls(source, report.row, report.series);
        break;
      case 'method_series':
        this.#openMethod(source, report.row, report.series);
        break;
      case 'loss_series': {
        const { attributes } = source.client;
        const handle = this.#outputs.losses.open(attributes, source.client);
        this.#rows.open('losses', report.row, handle, (kept) => this.#kept.add(source.attributes, kept));
        break;
      }
      case 'rows_ended':
        this.#rows.close(report.rows, source.isFinal);
        this.#enrichThread.freeRows(report.rows);
        break;
      case 'spans':
        this.#outputs.spans(report.spans, source.client.key);
        break;
      case 'source_ended':
        this.#sources.delete(report.source);
        this.#kept.release(source.attributes, this.#sources.values(), source.isFinal);
        break;
    }
  }

  #settingsOf(
    { socket, path, attributes, protocol, client }: CaptureSource,
    coverage: Coverage,
  ): SourceSettings {
    const { protocols, receiver, ...settings } = this.settings;
    return {
      ...settings,
      protocols: protocolsOf(protocol, protocols),
      socket,
      path,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, String(value)]),
      ),
      client: `${receiver} ${client.key}`,
      coverage,
    };
  }

  #openCalls(source: OpenSource, row: number, series: Attributes | undefined): void {
    const { calls } = this.#outputs;
    const handle =
      series === undefined
        ? calls.openOverflow(source.client)
        : calls.open({ ...source.attributes, ...series }, source.client);
    this.#rows.open('calls', row, handle, (kept) => this.#kept.add(source.attributes, kept));
  }

  #openMethod(source: OpenSource, row: number, series: Attributes | undefined): void {
    const { methods } = this.#outputs;
    const handle =
      series === undefined
        ? methods.openOverflow(source.client)
        : methods.open({ ...source.attributes, ...series }, source.client);
    this.#rows.open('methods', row, handle, (kept) => this.#kept.add(source.attributes, kept));
  }
}
