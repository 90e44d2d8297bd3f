import assert from 'node:assert/strict';
import { ExportTime } from '../../../src/exporters/otlphttp/export-time.js';
import type { Outcome } from '../../../src/exporters/otlphttp/outcome.js';
import { RetryGate } from '../../../src/exporters/otlphttp/retry-gate.js';
import { type RetryConfig, withRetries } from '../../../src/exporters/otlphttp/with-retries.js';

const DELIVERED: Outcome = { kind: 'delivered', rejected: 0, notice: undefined };
const CONFIG: RetryConfig = {
  enabled: true,
  initial_interval: 10,
  max_interval: 1000,
  max_elapsed_time: 0,
  multiplier: 2,
};

const retryable = (retryAfterMs?: number): Outcome => ({
  kind: 'retryable',
  reason: 'unavailable',
  message: 'later',
  retryAfterMs,
});

/** Attempts with the outcomes of a list, its last one for ever, and how long they were apart. */
class Attempts {
  readonly waits: number[] = [];
  readonly #outcomes: readonly Outcome[];
  #lastMs: number | undefined;
  count = 0;

  constructor(...outcomes: Outcome[]) {
    this.#outcomes = outcomes;
  }

  readonly next = (): Promise<Outcome> => {
    const nowMs = performance.now();
    if (this.#lastMs !== undefined) this.waits.push(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    return Promise.resolve(this.#outcomes[Math.min(this.count++, this.#outcomes.length - 1)]);
  };
}

describe('withRetries', () => {
  let gate: RetryGate;

  beforeEach(() => {
    gate = new RetryGate();
  });

  const run = async (attempts: Attempts, config: Partial<RetryConfig> = {}, leftMs = 60_000) => {
    const time = new ExportTime(leftMs);
    try {
      return await withRetries(attempts.next, { ...CONFIG, ...config }, time, gate);
    } finally {
      time.stop();
    }
  };

  it('tries once what succeeds', async () => {
    const attempts = new Attempts(DELIVERED);
    assert.equal(await run(attempts), DELIVERED);
    assert.equal(attempts.count, 1);
  });

  it('tries once what would fail again', async () => {
    const attempts = new Attempts({ kind: 'permanent', reason: 'refused', message: 'no' });
    assert.equal((await run(attempts)).kind, 'permanent');
    assert.equal(attempts.count, 1);
  });

  it('tries once when it is switched off', async () => {
    const attempts = new Attempts(retryable());
    assert.equal((await run(attempts, { enabled: false })).kind, 'retryable');
    assert.equal(attempts.count, 1);
  });

  it('waits longer each time, up to the longest, and not always the same', async () => {
    const failures = Array.from({ length: 6 }, () => retryable());
    const attempts = new Attempts(...failures, DELIVERED);
    await run(attempts, { max_interval: 40 });
    for (const [i, waitMs] of [10, 20, 40, 40, 40, 40].entries()) {
      // Jitter takes a fifth at most, and timers may be a millisecond early.
      assert.ok(attempts.waits[i] >= waitMs * 0.8 - 1, `${attempts.waits}`);
    }
  });

  it('waits no longer than the longest even the first time', async () => {
    const attempts = new Attempts(retryable(), DELIVERED);
    assert.equal(
      (await run(attempts, { initial_interval: 60_000, max_interval: 10 }, 1000)).kind,
      'delivered',
    );
  });

  it('waits as long as it is told to, be it longer or shorter than the back-off', async () => {
    const longer = new Attempts(retryable(50), DELIVERED);
    await run(longer, { initial_interval: 1 });
    assert.ok(longer.waits[0] >= 49);
    const shorter = new Attempts(retryable(5), DELIVERED);
    assert.equal((await run(shorter, { initial_interval: 60_000, max_interval: 60_000 })).kind, 'delivered');
  });

  it('gives up when the next attempt would come after max_elapsed_time', async () => {
    const attempts = new Attempts(retryable(30));
    assert.equal((await run(attempts, { max_elapsed_time: 100 })).kind, 'retryable');
    assert.ok(attempts.count > 1 && attempts.count <= 4);
  });

  it('gives up at once when the wait would take more time than there is', async () => {
    const attempts = new Attempts(retryable(5000));
    const startedMs = performance.now();
    await run(attempts, {}, 1000);
    assert.ok(performance.now() - startedMs < 500);
    assert.equal(attempts.count, 1);
  });

  it('makes no attempt as long as another has been told to stay away', async () => {
    assert.equal((await run(new Attempts(retryable(300)), {}, 100)).kind, 'retryable');
    const tooEarly = new Attempts(DELIVERED);
    assert.equal((await run(tooEarly, {}, 100)).kind, 'retryable');
    assert.equal((await run(tooEarly, { enabled: false })).kind, 'retryable');
    assert.equal(tooEarly.count, 0);
    const patient = new Attempts(DELIVERED);
    assert.equal(await run(patient), DELIVERED);
    assert.ok(performance.now() >= 200 && gate.closed === undefined);
  });

  it('is not kept away for longer than an hour', async () => {
    await run(new Attempts(retryable(10 * 365 * 24 * 3600 * 1000)), {}, 100);
    assert.ok((gate.closed?.retryAfterMs ?? 0) <= 3600 * 1000);
  });

  it('ends its wait when there is a hurry, and begins no other', async () => {
    const attempts = new Attempts(retryable(5000));
    const time = new ExportTime(60_000);
    const startedMs = performance.now();
    const outcome = withRetries(attempts.next, CONFIG, time, gate);
    setImmediate(() => time.hurry(60_000));
    assert.equal((await outcome).kind, 'retryable');
    assert.ok(performance.now() - startedMs < 2500);
    assert.equal(attempts.count, 1);
    assert.equal(await time.wait(1), false);
    time.stop();
  });
});
