import assert from 'node:assert/strict';
import type { Random } from '../../../../src/processors/capture/strategies/sampling.js';
import { type CompleteStrategy, SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { type Direction, RECV, SEND } from '../../../../src/protocols/direction.js';
import { randomNumbers } from '../../../support/pattern.js';

/** A strategy as the suite makes it: chance, if it takes any, comes from `random`. */
export interface StrategyCase {
  title: string;
  create(random: Random): CompleteStrategy;
  /**
   * The part of connections, and of each direction's messages on those, that it takes. Left out by one that
   * chooses by size: its messages do not stand for the others.
   */
  takes?: { connections: number; send: number; recv: number };
}

const SIZES = [1, 2, 63, 64, 511, 512, 513, 4096, 65_536, 2 ** 20, 2 ** 31, 2 ** 40];
const DIRECTIONS = [SEND, RECV] as const;

const CONNECTIONS = 400;
const MESSAGES = 50;

/** Standard deviations within which chance has to stay: outside of it once in a million runs, and seeds are fixed. */
const DEVIATIONS = 5;

/** What is expected of every capture strategy. */
export function describeStrategy({ title, create, takes }: StrategyCase): void {
  describe(`capture strategy ${title}`, () => {
    it('keeps a legal number of bytes for all sizes and directions', () => {
      const strategy = create(randomNumbers(1));
      for (const size of SIZES) {
        for (const direction of DIRECTIONS) {
          const kept = strategy.keep(size, direction, 7);
          assert.ok(kept === SKIP || kept >= 0, `${kept} of ${size}`);
          assert.ok(kept === Infinity || Number.isInteger(kept), `${kept} of ${size}`);
        }
      }
    });

    it('says of connections yes or no', () => {
      const strategy = create(randomNumbers(2));
      for (let i = 0; i < 100; i++) assert.equal(typeof strategy.takesConnection(i), 'boolean');
    });

    it('has a weight of at least 1, the same whenever it is asked', () => {
      const strategy = create(randomNumbers(3));
      for (const direction of DIRECTIONS) {
        const weight = strategy.weight(direction);
        assert.ok(weight >= 1 && weight < Infinity, `${weight}`);
        for (const size of SIZES) strategy.keep(size, direction, 1);
        assert.equal(strategy.weight(direction), weight);
      }
    });

    it('decides by what it is asked and by chance, and by nothing that went before', () => {
      // Each decision with the same chance, after different ones.
      const alone = SIZES.map((size) => decide(create(randomNumbers(size)), size));
      let random = randomNumbers(0);
      const strategy = create(() => random());
      const inARow = [...SIZES].reverse().map((size) => {
        random = randomNumbers(size);
        return decide(strategy, size);
      });
      assert.deepEqual(inARow.reverse(), alone);
    });

    if (takes === undefined) return;

    it('takes the part that it should, and says so by its weight', () => {
      const strategy = create(randomNumbers(5));
      let connections = 0;
      const taken = [0, 0];
      for (let connection = 0; connection < CONNECTIONS; connection++) {
        if (!strategy.takesConnection(connection)) continue;
        connections++;
        for (const direction of DIRECTIONS) taken[direction] += messagesTaken(strategy, direction);
      }
      assertNear(connections, takes.connections, CONNECTIONS);
      assertNear(taken[SEND], takes.send, connections * MESSAGES);
      assertNear(taken[RECV], takes.recv, connections * MESSAGES);
      assert.ok(Math.abs(strategy.weight(SEND) * takes.connections * takes.send - 1) < 1e-9);
      assert.ok(Math.abs(strategy.weight(RECV) * takes.connections * takes.recv - 1) < 1e-9);
    });

    it('adds up to what there was, over many runs', () => {
      for (const direction of DIRECTIONS) {
        const sums = Array.from({ length: 60 }, (_, seed) => weighed(create(randomNumbers(seed)), direction));
        const mean = sums.reduce((sum, value) => sum + value, 0) / sums.length;
        const variance = sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sums.length - 1);
        const error = DEVIATIONS * Math.sqrt(variance / sums.length);
        assert.ok(Math.abs(mean - CONNECTIONS * MESSAGES) <= error + 1e-6, `${mean} ± ${error}`);
      }
    });
  });
}

function decide(strategy: CompleteStrategy, size: number): unknown[] {
  return [strategy.takesConnection(3), ...DIRECTIONS.map((direction) => strategy.keep(size, direction, 3))];
}

function messagesTaken(strategy: CompleteStrategy, direction: Direction): number {
  let taken = 0;
  for (let i = 0; i < MESSAGES; i++) {
    if (strategy.keep(SIZES[i % SIZES.length], direction, 1) !== SKIP) taken++;
  }
  return taken;
}

/** How many messages there have been, as far as the weights of those that were taken tell. */
function weighed(strategy: CompleteStrategy, direction: Direction): number {
  let sum = 0;
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    if (!strategy.takesConnection(connection)) continue;
    sum += messagesTaken(strategy, direction) * strategy.weight(direction);
  }
  return sum;
}

/** Fails unless `count` is what chance makes of `ratio` in `total` times. */
function assertNear(count: number, ratio: number, total: number): void {
  const deviation = Math.sqrt(total * ratio * (1 - ratio));
  const isNear = Math.abs(count - total * ratio) <= DEVIATIONS * deviation;
  assert.ok(isNear, `${count} of ${total} is not ${ratio}`);
}
