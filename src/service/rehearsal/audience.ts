import type { Attributes } from '@opentelemetry/api';
import { coverageOf } from '../../processors/capture/strategies/coverage.js';
import type { CaptureSettings } from '../../processors/capture/strategies/settings.js';
import {
  EnrichChannel,
  type EnrichLink,
  type EnrichSettings,
} from '../../processors/enrich/enrich-channel.js';
import type { LiveEvent } from '../../processors/enrich/events.js';
import {
  CALL_INSTRUMENTS,
  callsColumn,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../processors/enrich/instruments.js';
import { KnownFlow } from '../../processors/enrich/known-flows.js';
import type { EnrichCommand, EnrichReport, GenerationSettings } from '../../processors/enrich/messages.js';
import { EnrichLoop } from '../../processors/enrich/thread/enrich-loop.js';
import type { CapturedFlow } from '../../processors/observer.js';
import { RECV, SEND } from '../../protocols/direction.js';
import { PROTOCOLS } from '../../protocols/index.js';
import type { UdsSocketConfig } from '../../receivers/uds/index.js';
import type { InstrumentGroup } from '../../telemetry/instruments.js';
import { SeriesTable } from '../../telemetry/series-table.js';
import type { SpanData } from '../../telemetry/span-data.js';
import { GENERATION } from './stage.js';

/** A series of `uds.method.calls`. */
export interface CallSeries {
  readonly attributes: Attributes;
  readonly count: number;
}

/** What is told of a connection. */
export interface Told {
  readonly events: readonly LiveEvent[];
  readonly spans: readonly SpanData[];
  readonly series: readonly CallSeries[];
}

/** Far more than a test says. */
const MAX_EVENTS = 1_000_000;

/** The word of the only client. */
const CLIENT = 1;

interface Settings {
  readonly socket: UdsSocketConfig;
  readonly capture: CaptureSettings;
  readonly enrich: EnrichSettings;
  readonly flow: CapturedFlow;
  readonly maxSeries: number;
}

/** Has what was captured read as the enrich thread does, here and at once. */
export class Audience {
  readonly #settings: Settings;
  readonly #tables: { calls: SeriesTable; methods: SeriesTable; losses: SeriesTable };
  readonly #channel: EnrichChannel;
  readonly #flow: KnownFlow;
  readonly #commands: EnrichCommand[] = [];
  readonly #rows = new Map<number, Float64Array>();
  readonly #events: LiveEvent[] = [];
  readonly #spans: SpanData[] = [];
  #generation: GenerationSettings | undefined;

  constructor(settings: Settings) {
    const { maxSeries, enrich, flow } = settings;
    const table = (group: InstrumentGroup) => new SeriesTable(group, { maxSeries, lingerMs: 0 });
    this.#settings = settings;
    this.#tables = {
      calls: table(CALL_INSTRUMENTS),
      methods: table(METHOD_INSTRUMENTS),
      losses: table(LOSS_INSTRUMENTS),
    };
    this.#flow = new KnownFlow(flow);
    this.#channel = new EnrichChannel(this.#link(), enrich, {
      ...this.#tables,
      spans: (spans) => this.#spans.push(...spans),
    });
  }

  hear(memory: SharedArrayBuffer): Told {
    const { socket, capture } = this.#settings;
    const { name, upstream: path, protocol } = socket;
    this.#channel.addGeneration({
      socket: name,
      path,
      protocol,
      client: CLIENT,
      coverage: coverageOf(capture),
    });
    this.#commands.push(
      { type: 'ring', ring: 0, memory, clientWords: new SharedArrayBuffer(4) },
      { type: 'generation', generation: GENERATION, settings: this.#generation! },
      { type: 'watch', events: MAX_EVENTS },
    );
    this.#commands.push({ type: 'exit' });
    // Until it leaves, it is asked at each turn what has become of the one before.
    let isAsked = false;
    const ask = (): EnrichCommand | undefined => {
      isAsked = !isAsked;
      const cursor = this.#events.length;
      return isAsked ? { type: 'read_events', request: 0, cursor, max: MAX_EVENTS } : undefined;
    };
    const shared = (bytes: number) => new SharedArrayBuffer(bytes);
    const loop = new EnrichLoop(
      {
        doorbell: shared(Int32Array.BYTES_PER_ELEMENT),
        health: shared(ENRICH_INSTRUMENTS.width * Float64Array.BYTES_PER_ELEMENT),
        progress: shared(Int32Array.BYTES_PER_ELEMENT),
      },
      { report: (report) => this.#take(report), receive: () => this.#commands.shift() ?? ask() },
      PROTOCOLS,
    );
    loop.run();
    return { events: this.#events, spans: this.#spans, series: this.#series() };
  }

  #take(report: EnrichReport): void {
    switch (report.type) {
      case 'series': {
        const row = new Float64Array(this.#tables[report.wanted.kind].group.width);
        this.#channel.openSeries(report.wanted, this.#flow).attach([row]);
        this.#rows.set(report.number, row);
        break;
      }
      case 'counted': {
        const row = this.#rows.get(report.series);
        for (let i = 0; row !== undefined && i < row.length; i++) row[i] += report.values[i];
        break;
      }
      case 'spans':
        for (const { spans } of report.batches) this.#channel.publish(spans, this.#flow);
        this.#commands.push({ type: 'spans_taken' });
        break;
      case 'events': {
        const { container } = this.#flow;
        this.#events.push(...report.page.events.map((event) => ({ ...event, container })));
        break;
      }
      case 'fault':
        throw new Error(`udscope is at fault:\n${report.stack}`);
      default:
    }
  }

  #series(): CallSeries[] {
    return this.#tables.calls.readings().map(({ series, totals }) => ({
      attributes: series.attributes,
      count: totals[callsColumn(SEND)] + totals[callsColumn(RECV)],
    }));
  }

  /** All that a channel asks of the thread that this takes the place of. */
  #link(): EnrichLink {
    const never = () => {
      throw new Error('only what is captured already is read');
    };
    return {
      doorbell: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
      addRing: never,
      removeRing: never,
      addGeneration: (_, settings) => {
        this.#generation = settings;
        return GENERATION;
      },
      endGeneration: never,
      addFlow: never,
      endFlow: never,
      countFault: never,
    };
  }
}
