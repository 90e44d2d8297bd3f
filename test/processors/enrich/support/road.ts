import { NativeMemory } from '../../../../src/linux/memory.js';
import { createTap } from '../../../../src/processors/capture/create-tap.js';
import { coverageOf } from '../../../../src/processors/capture/strategies/coverage.js';
import { createStrategy } from '../../../../src/processors/capture/strategies/create-strategy.js';
import type { CaptureSettings } from '../../../../src/processors/capture/strategies/settings.js';
import type { Tap } from '../../../../src/processors/capture/tap.js';
import { TapState } from '../../../../src/processors/capture/tap-state.js';
import type {
  EnrichCommand,
  EnrichReport,
  GenerationSettings,
} from '../../../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../../../src/processors/enrich/thread/enrich-loop.js';
import type { Direction } from '../../../../src/protocols/direction.js';
import type { ProtocolFraming } from '../../../../src/protocols/framing/protocol-framing.js';
import { FRAMINGS } from '../../../../src/protocols/framings.js';
import { PROTOCOLS } from '../../../../src/protocols/index.js';
import type { Protocol } from '../../../../src/protocols/protocol.js';
import type { CallData } from '../../../../src/telemetry/call-data.js';
import { Ring } from '../../capture/ring/fixture.js';
import { callsIn } from './call-row.js';
import { generationSettings } from './messages.js';
import { threadData } from './thread-data.js';

const FLOW = 1;
const CONNECTIONS = 4;
const RING = { id: 'capture', entries: 128, maxBytes: 2 ** 16 };

const operation = new NativeMemory(2 ** 16 + 1);

/** What a road is made of, where that is not the usual. */
export interface RoadSettings {
  readonly capture?: Partial<CaptureSettings>;
  readonly enrich?: Partial<GenerationSettings>;
  /** Beside those that there are. */
  readonly framings?: Readonly<Record<string, ProtocolFraming>>;
  readonly protocols?: Readonly<Record<string, Protocol>>;
}

/** One thread's ring, a tap that writes to it, and what the enrich thread makes of it. */
export class Road {
  readonly #ring = new Ring(RING);
  readonly #state = new TapState(CONNECTIONS);
  readonly #tap: Tap;
  readonly #settings: RoadSettings;
  readonly #capture: CaptureSettings;
  readonly #data = threadData();
  readonly #reports: EnrichReport[] = [];
  #generation = 1;

  constructor(settings: RoadSettings = {}) {
    this.#settings = settings;
    this.#capture = {
      strategy: { type: 'size_limit', maxBytes: 512 },
      protocols: settings.enrich?.protocols ?? ['jsonrpc'],
      per: 'message',
      directions: ['send', 'recv'],
      tailBytes: 0,
      ring: RING,
      ...settings.capture,
    };
    const strategy = createStrategy(this.#capture.strategy);
    const framings = { ...FRAMINGS, ...settings.framings };
    this.#tap = createTap(this.#ring.writer, this.#state, this.#capture, strategy, framings);
    for (let connection = 0; connection < CONNECTIONS; connection++) {
      this.#state.begin(connection);
      this.#state.capture[connection] = this.#generation;
      this.#state.flow[connection] = FLOW;
    }
  }

  say(connection: number, direction: Direction, bytes: Buffer | string): this {
    if (!this.#tap.captures(direction)) return this;
    operation.bytes.set(Buffer.from(bytes as string));
    this.#tap.observe(connection * 2 + direction, 0, operation, Buffer.byteLength(bytes));
    return this;
  }

  /** A record of a connection is lost. */
  lose(connection: number): this {
    this.#state.ordinal[connection]++;
    return this;
  }

  /** From now on it is captured anew, under the same settings. */
  reload(connection: number): this {
    this.#state.interrupt(connection);
    this.#state.capture[connection] = ++this.#generation;
    return this;
  }

  end(connection: number): this {
    this.#tap.end(connection, 0);
    return this;
  }

  /** Reads all that was captured. */
  read(): this {
    const { enrich, protocols } = this.#settings;
    const settings = generationSettings({ coverage: coverageOf(this.#capture), ...enrich });
    const commands: EnrichCommand[] = [
      { type: 'ring', ring: 0, memory: this.#ring.memory, clientWords: new SharedArrayBuffer(4) },
    ];
    for (let generation = 1; generation <= this.#generation; generation++) {
      commands.push({ type: 'generation', generation, settings });
    }
    commands.push({ type: 'exit' });
    const io = {
      report: (report: EnrichReport) => this.#reports.push(report),
      receive: () => commands.shift(),
    };
    new EnrichLoop(this.#data, io, { ...PROTOCOLS, ...protocols }).run();
    return this;
  }

  /** Calls by protocol, method and error, or outcome where that is unknown. */
  get calls(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const report of this.#reports) {
      if (report.type !== 'series' || report.wanted.kind !== 'calls') continue;
      const { method = {} } = report.wanted;
      const end = method['error.type'] ?? method['udscope.outcome'];
      const words = [method['rpc.system.name'], method['rpc.method'], end];
      const name = words.filter((word) => word !== undefined).join(' ');
      counts[name] = (counts[name] ?? 0) + this.#counted(report);
    }
    return counts;
  }

  get spans(): readonly CallData[] {
    const batches = this.#reports.flatMap((report) => (report.type === 'calls' ? report.batches : []));
    return batches.flatMap(({ calls }) => calls);
  }

  health(column: number): number {
    return new Float64Array(this.#data.health)[column];
  }

  /** What is reported of a series at the end. */
  #counted({ number }: { number: number }): number {
    const counted = this.#reports.find((report) => report.type === 'counted' && report.series === number);
    return counted?.type === 'counted' ? callsIn(counted.values) : 0;
  }
}
