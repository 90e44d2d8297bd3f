/**
 * `node dist/bench/capture/cold/main.js`: what capture adds to an operation between whose parts the kernel works, as it does in
 * a relay thread, while another processor reads the ring. Medians of blocks of turns, with and without the taps in turn.
 */
import { argv, stdout } from 'node:process';
import { startThread } from '../../../src/threads/start-thread.js';
import { median } from '../../measure/statistics.js';
import { alignedTable } from '../../report/table.js';
import type { ReaderData } from './messages.js';
import { ColdRelay } from './relay.js';

const HEADS = ['', 'relayed, ns', 'captured, ns', 'part, %'];
const CASES: readonly [connections: number, bytes: number][] = [
  [32, 128],
  [32, 512],
  [32, 4096],
  [1000, 128],
  [1000, 512],
];
const MAX_BYTES = 512;

const BLOCKS = Number(argv[2] ?? 40);
const ONLY = argv[3] ?? '';
const BLOCK_OPERATIONS = 6400;
const WARM_UP_BLOCKS = 6;

const rows: string[][] = [];
for (const [connections, bytes] of CASES) {
  if (!`${connections}x${bytes}`.startsWith(ONLY)) continue;
  const relay = new ColdRelay(connections, bytes, MAX_BYTES);
  const isOver = new SharedArrayBuffer(4);
  const { memory, doorbell } = relay.tapped;
  const data: ReaderData = { memory, doorbell, isOver };
  const reader = startThread(new URL('./reader.js', import.meta.url), data, { name: 'reader' });
  await new Promise((resolve) => reader.once('online', resolve));
  const turns = Math.ceil(BLOCK_OPERATIONS / connections);
  const plain: number[] = [];
  const added: number[] = [];
  for (let block = -WARM_UP_BLOCKS; block < BLOCKS; block++) {
    const without = nsOf(relay, turns, false);
    const ns = nsOf(relay, turns, true) - without;
    if (block < 0) continue;
    plain.push(without);
    added.push(ns);
  }
  Atomics.store(new Int32Array(isOver), 0, 1);
  await new Promise((resolve) => reader.once('exit', resolve));
  relay.close();
  const [ns, more] = [median(plain), median(added)];
  rows.push([
    `${connections} × ${bytes} bytes`,
    ns.toFixed(0),
    more.toFixed(0),
    ((100 * more) / ns).toFixed(1),
  ]);
}
stdout.write(`${alignedTable([HEADS, ...rows])}\n`);

/** Median over the turns of a block, half of them in each direction. */
function nsOf(relay: ColdRelay, turns: number, isCaptured: boolean): number {
  const ns: number[] = [];
  for (let turn = 0; turn < turns; turn++) ns.push(relay.turn(turn & 1, isCaptured));
  return median(ns);
}
