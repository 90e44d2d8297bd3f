/**
 * `node dist/bench/decode/main.js`: the cost of framing and decoding, on one core, in the order that a message goes
 * through them. Medians; the machine should have nothing else to do.
 */
import { stdout } from 'node:process';
import { alignedTable } from '../report/table.js';
import { decodeRows } from './decode.js';
import { frameRows } from './frame.js';
import { scanRows } from './scan.js';

const parts: [string, () => string[][]][] = [
  ['Finding where messages end', frameRows],
  ['Finding method and id, against JSON.parse of the whole', scanRows],
  ['Decoding a conversation', decodeRows],
];

for (const [title, rows] of parts) stdout.write(`${title}\n${alignedTable(rows())}\n`);
