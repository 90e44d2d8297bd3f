/**
 * A client as somebody else, in a process of its own. A line on its stdin has it connect, one connection after the other; it
 * says how many fared how: `connected` when it got what was sent to it, or how it ended instead.
 *
 *   node client-process.js [PERSON]
 *   {"path": "/run/x.sock", "times": 2, "say": "hello", "without": "capabilities"}
 */
import { createInterface } from 'node:readline';
import { Capabilities } from '../../src/linux/capabilities.js';
import { become, type Person } from './become.js';
import { Cleanup } from './cleanup.js';
import { RawStream } from './raw-stream.js';

export interface ClientOrder {
  path: string;
  times?: number;
  /** Sent on each connection. */
  say?: string;
  /** Gives up what lets root through. */
  without?: 'capabilities';
}

export type ClientResults = Record<string, number>;

const [person] = process.argv.slice(2);
if (person !== undefined) become(JSON.parse(person) as Person);

async function connectOnce({ path, say = '' }: ClientOrder): Promise<string> {
  const cleanup = new Cleanup();
  try {
    const stream = await RawStream.connectInTime(path, cleanup);
    await stream.sendAll(Buffer.from(say));
    const { bytes, end } = await stream.receiveAll();
    return bytes.length > 0 ? bytes.toString() : end;
  } catch (error) {
    return (error as Error).message.replace(/^.*: /, '');
  } finally {
    await cleanup.run();
  }
}

console.log(JSON.stringify('ready'));
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as ClientOrder;
  if (order.without === 'capabilities') new Capabilities().lower(0);
  const results: ClientResults = {};
  for (let i = 0; i < (order.times ?? 1); i++) {
    const result = await connectOnce(order);
    results[result] = (results[result] ?? 0) + 1;
  }
  console.log(JSON.stringify(results));
}
