/**
 * `node --expose-gc dist/bench/capture/main.js`: what capture adds to an operation of a relay thread, and what it
 * allocates. Medians of rounds, on one core; the machine should have nothing else to do.
 */
import { stdout } from 'node:process';
import { alignedTable } from '../report/table.js';
import { contestants } from './contestants.js';
import { heapOf, measureAll } from './measure.js';

const HEADS = ['', 'ns', 'garbage, B', 'kept, B', ''];

const collect = globalThis.gc;
const measured = measureAll(contestants);
const rows = contestants.map((contestant) => {
  const { ns = 0, ratio } = measured.get(contestant.title) ?? {};
  const heap = collect && heapOf(contestant, collect);
  const beside = ratio === undefined ? '' : `${ratio.toFixed(2)} × ${contestant.beside}`;
  const cells = [ns.toFixed(1), heap?.garbage.toFixed(1) ?? '', heap?.kept.toFixed(3) ?? '', beside];
  return [contestant.title, ...cells];
});
stdout.write(`What capturing adds to an operation\n${alignedTable([HEADS, ...rows])}\n`);
if (collect === undefined) stdout.write('\nWhat it does to the heap is shown with node --expose-gc.\n');
