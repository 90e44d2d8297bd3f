import assert from 'node:assert/strict';
import { SERIES_SPILLED } from '../../src/processors/enrich/instruments.js';
import { Decoding } from '../processors/enrich/support/decoding.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { repeat } from '../support/repeat.js';

const QUIET_CALLS = 63;
const QUIET_METHODS = 5;
const QUIET_CONNECTION = 1_000_000;

/** What the calls of a quiet client should be counted as. */
const ALL_BY_NAME = Object.fromEntries(
  repeat(QUIET_METHODS, (method) => {
    const calls = Math.ceil((QUIET_CALLS - method) / QUIET_METHODS);
    return [`quiet_${method}`, { calls, durations: calls }];
  }),
);

describe('a client that takes much beside one that makes 63 calls', () => {
  const cleanup = useCleanup();

  /** Calls of a quiet client that are all asked, and answered after something else has happened. */
  async function callQuietly(decoding: Decoding, meanwhile: () => Promise<void>): Promise<void> {
    const flow = decoding.addFlow('quiet');
    const ask = (call: number) =>
      decoding.ask(flow, QUIET_CONNECTION, `quiet_${call % QUIET_METHODS}`, `q${call}`);
    await ask(0);
    await meanwhile();
    for (let call = 1; call < QUIET_CALLS; call++) await ask(call);
    for (let call = 0; call < QUIET_CALLS; call++) decoding.answer(flow, QUIET_CONNECTION, `q${call}`);
    await decoding.read();
    await eventually('all of its calls are counted', () => decoding.totalOf('quiet') >= QUIET_CALLS);
  }

  it('has those of ever new methods as _OTHER of its own', async () => {
    const decoding = new Decoding(cleanup);
    await callQuietly(decoding, async () => {
      const flow = decoding.addFlow('loud');
      for (let call = 0; call < 10_000; call++) {
        await decoding.ask(flow, 0, `method_${call}`, String(call));
        decoding.answer(flow, 0, String(call));
      }
      await decoding.read();
    });
    assert.deepEqual(decoding.callsOf('quiet'), ALL_BY_NAME);
    await eventually('all calls of the other are counted', () => decoding.totalOf('loud') === 10_000);
    const { _OTHER: other, ...named } = decoding.callsOf('loud');
    assert.equal(Object.keys(named).length, 200);
    assert.deepEqual(other, { calls: 9_800, durations: 9_800 });
    assert.deepEqual(decoding.lossesOf('quiet'), {});
  });

  it('has ever new series in an overflow of its own, with all its calls', async () => {
    const decoding = new Decoding(cleanup, { limits: { methods: 10_000 } });
    let calls = 0;
    await callQuietly(decoding, async () => {
      // More than all rows there are.
      for (let socket = 0; socket < 400; socket++) {
        const flow = decoding.addFlow('loud', `socket_${socket}`);
        for (let method = 0; method < 170; method++) {
          await decoding.ask(flow, socket, `method_${method}`, `${method}`);
          decoding.answer(flow, socket, `${method}`);
          calls++;
        }
      }
      await decoding.read();
    });
    assert.deepEqual(decoding.callsOf('quiet'), ALL_BY_NAME);
    await eventually('all calls of the other are counted', () => decoding.totalOf('loud') === calls);
    const { overflow } = decoding.callsOf('loud');
    assert.equal(overflow.calls, calls - 2000);
    assert.equal(overflow.durations, calls - 2000);
    assert.equal(decoding.calls.size, 2000 + 1 + QUIET_METHODS);
    assert.ok((decoding.lossesOf('loud')['series'] ?? 0) > 10_000);
    assert.deepEqual(decoding.lossesOf('quiet'), {});
  });

  it('waits in vain for its own calls only', async () => {
    const decoding = new Decoding(cleanup);
    const long = 'x'.repeat(200);
    await callQuietly(decoding, async () => {
      const flow = decoding.addFlow('loud');
      for (let call = 0; call < 20_000; call++) {
        await decoding.ask(flow, call % 40, 'never', `${long}${call}`);
      }
      await decoding.read();
    });
    assert.deepEqual(decoding.callsOf('quiet'), ALL_BY_NAME);
    const { pending_calls: given = 0 } = decoding.lossesOf('loud');
    assert.equal(given, 20_000 - 16_384);
    assert.deepEqual(decoding.lossesOf('quiet'), {});
    await eventually('what is given up is counted', () => decoding.totalOf('loud') === given);
    assert.deepEqual(decoding.callsOf('loud'), { never: { calls: given, durations: 0 } });
  });

  it('leaves room for others although there are many like it', async () => {
    const decoding = new Decoding(cleanup, { limits: { methods: 10_000 } });
    await callQuietly(decoding, async () => {
      for (let client = 0; client < 40; client++) {
        for (let socket = 0; socket < 10; socket++) {
          const flow = decoding.addFlow(`loud ${client}`, `socket_${socket}`);
          const connection = client * 10 + socket;
          for (let method = 0; method < 200; method++) {
            await decoding.ask(flow, connection, `method_${method}`, `${method}`);
            decoding.answer(flow, connection, `${method}`);
          }
        }
      }
      await decoding.read();
    });
    assert.deepEqual(decoding.callsOf('quiet'), ALL_BY_NAME);
    for (const client of [0, 39]) {
      await eventually('all its calls are counted', () => decoding.totalOf(`loud ${client}`) === 2000);
      assert.ok((decoding.callsOf(`loud ${client}`)['method_0']?.calls ?? 0) > 0, 'some are by name');
    }
  });

  it('leaves nothing behind when it goes, and those that come and go do not', async () => {
    const decoding = new Decoding(cleanup, { limits: { series: 20, pendingCalls: 10 } });
    let total = 0;
    decoding.calls.onRemoval((series) => {
      total += series.totals()[0];
    });
    for (let client = 0; client < 50; client++) {
      const flows = ['a', 'b'].map((socket) => decoding.addFlow(`c${client}`, socket));
      for (let method = 0; method < 20; method++) {
        for (const flow of flows) await decoding.ask(flow, flow, `method_${method}`, String(method));
      }
      for (const flow of flows) decoding.endFlow(flow);
    }
    await decoding.read();
    await eventually('all have gone', () => decoding.calls.readings().length === 0);
    assert.equal(total, 50 * 40);
    assert.equal(decoding.methods.readings().length + decoding.losses.readings().length, 0);
    assert.equal(decoding.health(SERIES_SPILLED), 50 * 20 * 2);
  });
});
