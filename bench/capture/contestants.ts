import { copyMemory, NativeMemory } from '../../src/linux/memory.js';
import type { StrategySettings } from '../../src/processors/capture/strategies/settings.js';
import { RECV, SEND } from '../../src/protocols/direction.js';
import { pipelined, request, split } from './operations.js';
import { Subject, show, sourceAddress } from './subject.js';
import { RING_BYTES } from './tapped-connections.js';

const SIZES = [64, 128, 512, 1024, 4096, 65_536];
const PIPELINED_SIZES = [64, 128, 512, 1024];
const PIPELINED = 20;
const LARGE = 65_536;
const TAIL_BYTES = 64;

const SIZE_LIMIT: StrategySettings = { type: 'size_limit', maxBytes: 512 };
const FULL: StrategySettings = { type: 'size_limit', maxBytes: Infinity };

export interface Contestant {
  title: string;
  /** Its reference, if it has one. */
  beside?: string;
  prepare(): void;
  /** Does it `times` times. */
  run(times: number): void;
}

function sent(title: string, operation: Buffer, strategy: StrategySettings | undefined): Contestant {
  return passed(title, operation, strategy, SEND);
}

function passed(
  title: string,
  operation: Buffer,
  strategy: StrategySettings | undefined,
  direction: number,
): Contestant {
  const subject = new Subject(strategy);
  const run = (times: number) => subject.pass(times, operation.length, direction);
  return { title, prepare: () => show(operation), run };
}

/** A message whose tail is kept, in operations of `parts` bytes, the last of them what is left. */
function cut(title: string, message: Buffer, parts: readonly number[]): Contestant {
  const subject = new Subject(SIZE_LIMIT, TAIL_BYTES);
  const operations = split(message, parts).map((operation) => {
    const memory = new NativeMemory(operation.length + 1);
    operation.copy(memory.bytes);
    return { memory, bytes: operation.length };
  });
  const run = (times: number) => {
    for (let i = 0; i < times; i++) {
      for (const { memory, bytes } of operations) subject.pass(1, bytes, SEND, memory);
    }
  };
  return { title, prepare: () => {}, run };
}

function sampled(ratio: number, by: 'message' | 'connection'): StrategySettings {
  const then = SIZE_LIMIT;
  return { type: 'sampling', ratio, by, then };
}

/** Copies as into a ring: around an area of the same size. */
function plainCopy(title: string, operation: Buffer): Contestant {
  const area = new NativeMemory(RING_BYTES);
  const bytes = operation.length;
  let offset = 0;
  const run = (times: number) => {
    for (let i = 0; i < times; i++) {
      copyMemory(area.address + offset, sourceAddress, bytes);
      offset = offset + 2 * bytes > RING_BYTES ? 0 : offset + bytes;
    }
  };
  return { title, prepare: () => show(operation), run };
}

const small = request(128);
const large = request(LARGE);
const COPY = `a plain copy of ${LARGE} bytes`;

export const contestants: Contestant[] = [
  sent('nothing is captured', small, undefined),
  passed('recv, where only send is captured', small, SIZE_LIMIT, RECV),
  ...SIZES.map((bytes) => sent(`size_limit 512, ${bytes} bytes`, request(bytes), SIZE_LIMIT)),
  ...PIPELINED_SIZES.map((bytes) =>
    sent(`size_limit 512, ${PIPELINED} × ${bytes} bytes`, pipelined(PIPELINED, bytes), SIZE_LIMIT),
  ),
  cut('and a tail of 64, 4096 bytes', request(4096), []),
  cut('and a tail of 64, 4096 bytes, the line feed by itself', request(4096), [4095]),
  cut('and a tail of 64, 65536 bytes in 8 operations', large, Array<number>(7).fill(LARGE / 8)),
  cut('and a tail of 64, 65536 bytes in 64 operations', large, Array<number>(63).fill(LARGE / 64)),
  sent('sampling 0.1 by message, 128 bytes', small, sampled(0.1, 'message')),
  sent('sampling 1 by connection, 128 bytes', small, sampled(1, 'connection')),
  sent('full, 128 bytes', small, FULL),
  plainCopy('a plain copy of 128 bytes', small),
  { ...sent(`full, ${LARGE} bytes`, large, FULL), beside: COPY },
  plainCopy(COPY, large),
];
