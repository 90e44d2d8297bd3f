import type { SpanData } from '../../exporters/spans.js';
import type { SeriesHandle, SeriesTable } from '../../metrics/series-table.js';
import type { RingSettings } from '../capture/ring/layout.js';
import type { Coverage } from '../capture/strategies/coverage.js';
import type { CaptureObserver, CaptureSource } from '../observer.js';
import type { Enricher } from './enricher.js';
import { CALL_INSTRUMENTS, METHOD_INSTRUMENTS } from './instruments.js';
import type { CallOutcome, EnrichReport, MethodIdentity, SourceSettings } from './messages.js';
import type { ProtocolName, SocketProtocol } from './protocols/names.js';
import { rowView } from './row-store.js';

/** What is made of the traffic of a channel's sources. */
export interface EnrichSettings {
  /** Protocols to try where a source does not name its own. None: nothing is decoded. */
  protocols: readonly ProtocolName[];
  methods: SourceSettings['methods'];
  latency: boolean;
  payload: SourceSettings['payload'];
  /** 0: nobody takes spans. */
  spanRatio: number;
}

/** Where what is found goes. */
export interface EnrichOutputs {
  /** A table of CALL_INSTRUMENTS, and one of METHOD_INSTRUMENTS. */
  calls: SeriesTable;
  methods: SeriesTable;
  spans(spans: readonly SpanData[]): void;
}

/** The memory that rows of series are in. */
export interface SeriesMemory {
  readonly calls: SharedArrayBuffer;
  readonly methods: SharedArrayBuffer;
}

interface Series {
  readonly handle: SeriesHandle;
  readonly view: Float64Array;
  readonly row: number;
}

interface OpenSource {
  readonly attributes: CaptureSource['attributes'];
  readonly calls: Series[];
  readonly methods: Series[];
  /** Whoever it is of will not come back. */
  isFinal: boolean;
}

/**
 * One receiver's way to the enrich thread: its sources are read under these settings, and what is found of
 * them comes back to these outputs.
 */
export class EnrichChannel implements CaptureObserver {
  readonly #enricher: Enricher;
  readonly #memory: SeriesMemory;
  readonly #outputs: EnrichOutputs;
  readonly #sources = new Map<number, OpenSource>();

  constructor(
    enricher: Enricher,
    memory: SeriesMemory,
    readonly settings: EnrichSettings,
    outputs: EnrichOutputs,
  ) {
    this.#enricher = enricher;
    this.#memory = memory;
    this.#outputs = outputs;
  }

  get doorbell(): SharedArrayBuffer {
    return this.#enricher.doorbell;
  }

  get sources(): SharedArrayBuffer {
    return this.#enricher.sources;
  }

  addRing(name: string, settings: RingSettings): { ring: number; memory: SharedArrayBuffer } {
    return this.#enricher.addRing(name, settings);
  }

  removeRing(ring: number): void {
    this.#enricher.removeRing(ring);
  }

  addSource(number: number, source: CaptureSource, coverage: Coverage): void {
    this.#enricher.addSource(this, number, this.#settingsOf(source, coverage));
    this.#sources.set(number, { attributes: source.attributes, calls: [], methods: [], isFinal: false });
  }

  endSource(number: number, isFinal = false): void {
    const source = this.#sources.get(number);
    if (source !== undefined) source.isFinal = isFinal;
    this.#enricher.endSource(number);
  }

  countFault(): void {
    this.#enricher.countFault();
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
      case 'spans':
        this.#outputs.spans(report.spans);
        break;
      case 'source_ended':
        this.#close(source);
        this.#sources.delete(report.source);
        break;
    }
  }

  #settingsOf({ socket, path, attributes, protocol }: CaptureSource, coverage: Coverage): SourceSettings {
    const { protocols, ...settings } = this.settings;
    return {
      ...settings,
      protocols: protocolsOf(protocol, protocols),
      socket,
      path,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, String(value)]),
      ),
      coverage,
    };
  }

  #openCalls(source: OpenSource, row: number, series: MethodIdentity & CallOutcome): void {
    const handle = this.#outputs.calls.open({
      ...methodAttributes(source, series),
      ...(series.errorType === undefined ? {} : { 'error.type': series.errorType }),
      ...(series.statusCode === undefined ? {} : { 'rpc.status_code': series.statusCode }),
    });
    const view = rowView(this.#memory.calls, CALL_INSTRUMENTS.width, row);
    handle.attach([view]);
    source.calls.push({ handle, view, row });
  }

  #openMethod(source: OpenSource, row: number, series: MethodIdentity): void {
    const handle = this.#outputs.methods.open(methodAttributes(source, series));
    const view = rowView(this.#memory.methods, METHOD_INSTRUMENTS.width, row);
    handle.attach([view]);
    source.methods.push({ handle, view, row });
  }

  /** Nothing is written to its rows any more: their values are kept, the rows go back. */
  #close({ calls, methods, isFinal }: OpenSource): void {
    for (const { handle, view } of [...calls, ...methods]) {
      handle.close(isFinal);
      view.fill(0);
    }
    this.#enricher.freeRows(
      calls.map(({ row }) => row),
      methods.map(({ row }) => row),
    );
  }
}

/** Those to try: none where nothing is decoded at all. */
function protocolsOf(protocol: SocketProtocol, tried: readonly ProtocolName[]): readonly ProtocolName[] {
  if (protocol === 'auto' || tried.length === 0) return tried;
  return protocol === 'none' ? [] : [protocol];
}

function methodAttributes({ attributes }: OpenSource, { system, method }: MethodIdentity) {
  return { ...attributes, 'rpc.system.name': system, 'rpc.method': method };
}
