import assert from 'node:assert/strict';
import { FAULTS } from '../../../../src/processors/enrich/instruments.js';
import type { EnrichCommand, EnrichReport } from '../../../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../../../src/processors/enrich/thread/enrich-loop.js';
import { SEND } from '../../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../../src/protocols/index.js';
import { liveBytes } from '../../../support/heap.js';
import { repeat } from '../../../support/repeat.js';
import { Ring } from '../../capture/ring/fixture.js';
import { generationSettings, LIMITS } from '../support/messages.js';
import { threadData } from '../support/thread-data.js';

const GENERATION = 4;
/** The number of a client on the thread that writes, and the word that stands for it. */
const CLIENT = 1;
const WORD = 11;
const OTHER_WORD = 12;

const EVENTS = 4;

/** Flows that come and go, and what none of them may leave behind. */
const FLOWS = 1000;
const ROUNDS = 4;
const BYTES_A_FLOW = 500;

/** What happens while an enrich thread has its turns: the main thread says something, or a record is written. */
type Step = EnrichCommand | (() => void);

/** An enrich thread, and the ring that it reads. */
class Thread {
  readonly ring = new Ring({ entries: 256, maxBytes: 256 * 1024 });
  readonly reports: EnrichReport[] = [];
  readonly data = threadData();
  readonly #ordinals = new Map<number, number>();
  readonly #start: EnrichCommand[];

  constructor(settings = generationSettings({ spanRatio: 0, latency: false })) {
    const clientWords = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    new Int32Array(clientWords)[CLIENT] = WORD;
    this.#start = [
      { type: 'watch', events: EVENTS },
      { type: 'ring', ring: 0, memory: this.ring.memory, clientWords },
      { type: 'generation', generation: GENERATION, settings },
    ];
  }

  /** A request on the connection of a flow. */
  ask(flow: number, method: string, generation = GENERATION, id?: string): () => void {
    return () => {
      const bytes = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, method })}\n`);
      const ordinal = this.#ordinals.get(flow) ?? 0;
      this.#ordinals.set(flow, ordinal + 1);
      this.ring.writer.begin(1, bytes.length, CLIENT);
      this.ring.writer.addPiece(bytes.length, 0);
      this.ring.writer.copyBytes(bytes);
      this.ring.writer.publish(generation, flow, flow, 0, ordinal, SEND, bytes.length, 1);
    };
  }

  /** Has the thread live through these steps, a turn for each, and end. */
  run(...steps: Step[]): this {
    const all: Step[] = [...this.#start, ...steps, { type: 'exit' }];
    let isTurnOver = false;
    const bell = new Int32Array(this.data.doorbell);
    const receive = (): EnrichCommand | undefined => {
      // So that it never sleeps.
      bell[0] = 1;
      isTurnOver = !isTurnOver;
      const step = isTurnOver ? all.shift() : undefined;
      if (typeof step !== 'function') return step;
      step();
      isTurnOver = false;
      return undefined;
    };
    new EnrichLoop(this.data, { report: (report) => this.reports.push(report), receive }, PROTOCOLS).run();
    return this;
  }

  /** Names of the series of calls that it asked for, by flow. */
  methodsOf(flow: number): string[] {
    return this.reports.flatMap((report) => {
      if (report.type !== 'series' || report.flow !== flow || report.wanted.kind !== 'calls') return [];
      return String(report.wanted.method?.['rpc.method'] ?? 'overflow');
    });
  }

  /** Of reports that say that something has ended: what, and its number. */
  ended(): string[] {
    return this.reports.flatMap((report) => {
      if (report.type === 'flow_ended')
        return `flow ${report.flow}${report.isRemembered ? ', remembered' : ''}`;
      if (report.type === 'flow_forgotten') return `flow ${report.flow} forgotten`;
      return report.type === 'generation_ended' ? `generation ${report.generation}` : [];
    });
  }

  get faults(): number {
    return new Float64Array(this.data.health)[FAULTS];
  }
}

describe('CapturedFlows', () => {
  it('makes of the first record of a flow what it says, though nobody has told of the flow', () => {
    const thread = new Thread();
    thread.run(thread.ask(1, 'a'), thread.ask(2, 'b'));
    assert.deepEqual([thread.methodsOf(1), thread.methodsOf(2), thread.faults], [['a'], ['b'], 0]);
  });

  it('knows a generation that was introduced before its first record, and after the thread looked last', () => {
    const thread = new Thread();
    const generation = 9;
    // Looked for only when the record has been read.
    const late: EnrichCommand = { type: 'generation', generation, settings: generationSettings() };
    thread.run(thread.ask(1, 'a', generation), late);
    assert.deepEqual([thread.methodsOf(1), thread.faults], [['a'], 0]);
  });

  it('takes a record of a generation that was not introduced for a fault, and reads on', () => {
    const thread = new Thread();
    thread.run(thread.ask(1, 'a', 77), thread.ask(2, 'b'));
    assert.deepEqual([thread.methodsOf(1), thread.methodsOf(2), thread.faults], [[], ['b'], 1]);
  });

  it('has flows of one client share, as their records tell', () => {
    const limits = { ...LIMITS, methods: 1 };
    const thread = new Thread(generationSettings({ limits, spanRatio: 0, latency: false }));
    thread.run(thread.ask(1, 'a'), thread.ask(2, 'b'), thread.ask(2, 'a'));
    assert.deepEqual(thread.methodsOf(2), ['_OTHER', 'a']);
  });

  it('has a flow share with another client when it turns out to be of that', () => {
    const limits = { ...LIMITS, methods: 1 };
    const thread = new Thread(generationSettings({ limits, spanRatio: 0, latency: false }));
    const moved: EnrichCommand = { type: 'flow_client', flow: 2, client: OTHER_WORD };
    thread.run(thread.ask(1, 'a'), thread.ask(2, 'b'), moved, thread.ask(2, 'c'), thread.ask(2, 'd'));
    assert.deepEqual(thread.methodsOf(2), ['_OTHER', 'c']);
  });

  it('has all of a generation share that is of one client', () => {
    const limits = { ...LIMITS, methods: 1 };
    const settings = generationSettings({ limits, client: OTHER_WORD, spanRatio: 0, latency: false });
    const thread = new Thread(settings);
    thread.run(thread.ask(1, 'a'), thread.ask(2, 'b'));
    assert.deepEqual([thread.methodsOf(1), thread.methodsOf(2)], [['a'], ['_OTHER']]);
  });

  it('reports all that a flow has counted before it has ended', () => {
    const thread = new Thread();
    thread.run(thread.ask(1, 'a'), thread.ask(1, 'a'), { type: 'end_flow', flow: 1 });
    const order = thread.reports.map(({ type }) => type).filter((type) => type !== 'series');
    assert.deepEqual(order.slice(0, 4), ['spoken', 'counted', 'counted', 'flow_ended']);
  });

  it('ends flows without records, and generations with all of their flows', () => {
    const thread = new Thread();
    thread.run({ type: 'end_flow', flow: 5 }, thread.ask(1, 'a'), thread.ask(2, 'b'), {
      type: 'end_generation',
      generation: GENERATION,
    });
    assert.deepEqual(thread.ended(), ['flow 5', `generation ${GENERATION}`]);
    assert.equal(thread.reports.filter(({ type }) => type === 'counted').length, 4);
  });

  it('gives up what each of several flows waits for that end together', () => {
    const thread = new Thread(generationSettings({ spanRatio: 0 }));
    const ends = [1, 2, 3].map((flow): EnrichCommand => ({ type: 'end_flow', flow }));
    thread.run(...[1, 2, 3].map((flow) => thread.ask(flow, 'a', GENERATION, 'id')), ...ends);
    assert.deepEqual(
      [1, 2, 3].map((flow) => thread.methodsOf(flow)),
      [['a'], ['a'], ['a']],
    );
  });

  it('says when nothing is remembered any more of a flow that has ended', () => {
    const thread = new Thread();
    const others = Array.from({ length: EVENTS }, (_, i) => thread.ask(2, `m${i}`));
    thread.run(thread.ask(1, 'a'), thread.ask(2, 'a'), { type: 'end_flow', flow: 1 }, ...others);
    assert.deepEqual(thread.ended(), ['flow 1, remembered', 'flow 1 forgotten']);
  });

  it('keeps nothing of flows that have ended but their events', () => {
    const thread = new Thread();
    const held: number[] = [];
    const look = () => {
      thread.reports.length = 0;
      held.push(liveBytes());
    };
    const comeAndGo = (first: number) =>
      repeat(FLOWS, (i) => [
        thread.ask(first + i, 'a'),
        { type: 'end_flow' as const, flow: first + i },
      ]).flat();
    const rounds = repeat(ROUNDS, (round) => [...comeAndGo(round * FLOWS + 1), look]).flat();
    thread.run(...rounds);
    // What is kept of flows is kept each time; code that is compiled anew is on the heap, too, and comes now and then.
    const grown = Math.min(...held.slice(1).map((bytes, i) => bytes - held[i]));
    assert.ok(grown < FLOWS * BYTES_A_FLOW, `${grown} bytes more each time`);
  });
});
