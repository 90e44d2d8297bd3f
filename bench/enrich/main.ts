/**
 * The speed of the enrich thread: fills a ring with captured operations and measures everything the thread does with
 * them: reading, decoding, matching, counting. Run it with `node dist/bench/enrich/main.js`.
 */

import { performance } from 'node:perf_hooks';
import { NativeMemory } from '../../src/linux/memory.js';
import { createRing } from '../../src/processors/capture/ring/layout.js';
import { RingWriter } from '../../src/processors/capture/ring/ring-writer.js';
import { SizeLimit } from '../../src/processors/capture/strategies/size-limit.js';
import { Tap } from '../../src/processors/capture/tap.js';
import { TapState } from '../../src/processors/capture/tap-state.js';
import type { EnrichCommand, GenerationSettings } from '../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../src/processors/enrich/thread/enrich-loop.js';
import { RECV, SEND } from '../../src/protocols/direction.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import { JsonRpcFramer } from '../../src/protocols/jsonrpc/framing/framer.js';
import { LIMITS } from '../../test/processors/enrich/support/messages.js';
import { threadData } from '../../test/processors/enrich/support/thread-data.js';
import { unlimitedBudget } from '../capture/unlimited-budget.js';
import { median } from '../measure/statistics.js';
import { alignedTable } from '../report/table.js';

const ENTRIES = 2 ** 17;
const RING_BYTES = 2 ** 27;
const CONNECTIONS = 32;
const ROUNDS = 7;
const MAX_BYTES = 512;
const MS_A_SECOND = 1000;

const settings: GenerationSettings = {
  socket: 'geth',
  path: '/run/geth.ipc',
  receiver: 'uds',
  client: 1,
  limits: LIMITS,
  protocols: ['jsonrpc'],
  methods: { known: [], max: 200 },
  routes: [],
  latency: true,
  coverage: { send: 'all', recv: 'all' },
  payload: 'none',
  spanRatio: 0,
  logs: false,
};

interface Kind {
  name: string;
  /** Messages in one operation. */
  pipelined: number;
  /** A call in so many operations: the others are left to the ring's size. */
  operations: number;
  spanRatio: number;
  logs?: boolean;
  watched: boolean;
}

const kinds: Kind[] = [
  { name: 'one message an operation', pipelined: 1, operations: 100_000, spanRatio: 0, watched: false },
  { name: '20 pipelined', pipelined: 20, operations: 10_000, spanRatio: 0, watched: false },
  { name: 'one, watched', pipelined: 1, operations: 100_000, spanRatio: 0, watched: true },
  { name: 'one, every call a span', pipelined: 1, operations: 100_000, spanRatio: 1, watched: false },
  {
    name: 'one, every call a log record',
    pipelined: 1,
    operations: 100_000,
    spanRatio: 0,
    logs: true,
    watched: false,
  },
];

/** A ring full of requests and their answers. Returns its memory and how many messages it holds. */
function fill({ pipelined, operations }: Kind): { memory: SharedArrayBuffer; messages: number } {
  const memory = createRing({ entries: ENTRIES, maxBytes: RING_BYTES });
  const writer = new RingWriter(memory, new SharedArrayBuffer(4));
  const tap = new Tap(writer, new TapState(CONNECTIONS, () => {}, unlimitedBudget()), {
    strategy: new SizeLimit(MAX_BYTES),
    createFramer: () => new JsonRpcFramer(),
    directions: [SEND, RECV],
    tailBytes: 0,
    plainLimit: MAX_BYTES,
  });
  const native = new NativeMemory(2 ** 16);
  const say = (connection: number, direction: number, line: (id: number) => string, firstId: number) => {
    let text = '';
    for (let i = 0; i < pipelined; i++) text += line(firstId + i);
    tap.observe(connection * 2 + direction, 0, native, native.bytes.write(text));
  };
  let messages = 0;
  for (let operation = 0; operation < operations; operation += 2) {
    const connection = (operation / 2) % CONNECTIONS;
    say(
      connection,
      SEND,
      (id) => `{"jsonrpc":"2.0","id":${id},"method":"eth_blockNumber","params":[]}\n`,
      operation,
    );
    say(connection, RECV, (id) => `{"jsonrpc":"2.0","id":${id},"result":"0x1036640"}\n`, operation);
    messages += 2 * pipelined;
  }
  return { memory, messages };
}

/** Messages a second through the whole thread. */
function measure(kind: Kind): number {
  const { memory, messages } = fill(kind);
  const commands: EnrichCommand[] = [
    { type: 'ring', ring: 0, memory, clientWords: new SharedArrayBuffer(4) },
    {
      type: 'generation',
      generation: 0,
      settings: { ...settings, spanRatio: kind.spanRatio, logs: kind.logs ?? false },
    },
    { type: 'exit' },
  ];
  if (kind.watched) commands.unshift({ type: 'watch', events: 4096 });
  const data = threadData();
  const enrichment = new EnrichLoop(data, { report: () => {}, receive: () => commands.shift() }, PROTOCOLS);
  const startMs = performance.now();
  enrichment.run();
  const elapsedMs = performance.now() - startMs;
  if (new Float64Array(data.health)[0] !== messages / 2) throw new Error('not every call was decoded');
  return (messages * MS_A_SECOND) / elapsedMs;
}

const rows = kinds.map((kind) => {
  measure(kind);
  const rates = Array.from({ length: ROUNDS }, () => measure(kind)).sort((a, b) => a - b);
  return [
    kind.name,
    ...[median(rates), rates[0], rates[rates.length - 1]].map((rate) => (rate ?? 0).toFixed(0)),
  ];
});
process.stdout.write(alignedTable([['messages/s', 'median', 'min', 'max'], ...rows]));
