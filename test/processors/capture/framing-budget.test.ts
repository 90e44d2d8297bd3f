import assert from 'node:assert/strict';
import { FramingBudget } from '../../../src/processors/capture/framing-budget.js';

const STEPS_A_MS = 1_000_000;
const [LOUD, QUIET] = [1, 2];

/** Steps of one piece of work. */
const WORK = 10_000;

describe('FramingBudget', () => {
  let nowMs: number;
  let budget: FramingBudget;

  beforeEach(() => {
    nowMs = 5000;
    budget = new FramingBudget(() => nowMs);
  });

  /** Ms that a client has in this moment, as far as it takes all it gets. */
  function take(client: number, most = Number.POSITIVE_INFINITY): number {
    let steps = 0;
    for (; steps < most && budget.allows(client); steps += WORK) budget.pay(client, WORK);
    return steps / STEPS_A_MS;
  }

  /** Ms that clients get of `ms`, who ask for more all the time. */
  function takeFor(ms: number, clients: readonly number[]): number {
    let taken = 0;
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 0.25) {
      for (const client of clients) taken += take(client);
    }
    return taken;
  }

  it('allows a burst of three ms, and then a sixteenth of the time and a hundredth', () => {
    const burst = take(LOUD);
    assert.ok(burst >= 3 && burst < 3.2, `${burst} ms at once`);
    const taken = takeFor(1000, [LOUD]);
    assert.ok(taken > 65 && taken < 78, `${taken} ms of a second`);
  });

  it('allows many loud clients a sixteenth together, and a hundredth each', () => {
    const clients = Array.from({ length: 8 }, (_, i) => i + 10);
    for (const client of clients) take(client);
    const taken = takeFor(1000, clients);
    assert.ok(taken > 135 && taken < 152, `${taken} ms of a second`);
  });

  it('allows somebody who is quiet what he wants while others are loud', () => {
    for (let i = 0; i < 1000; i++) {
      take(LOUD);
      assert.ok(budget.allows(QUIET));
      budget.pay(QUIET, 500);
      nowMs += 0.1;
    }
  });

  it('is full again after a while', () => {
    take(LOUD);
    nowMs += 300;
    const burst = take(LOUD);
    assert.ok(burst >= 3 && burst < 3.2, `${burst} ms at once`);
  });

  it('has room for clients of any number', () => {
    take(LOUD);
    assert.ok(budget.allows(100_000));
    budget.pay(100_000, WORK);
    assert.ok(budget.allows(100_000));
  });

  it('takes back what was too much', () => {
    take(LOUD);
    budget.pay(LOUD, 5 * STEPS_A_MS);
    nowMs += 10;
    take(QUIET);
    assert.equal(budget.allows(LOUD), false);
  });
});
