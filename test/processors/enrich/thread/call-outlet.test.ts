import assert from 'node:assert/strict';
import {
  ENRICH_INSTRUMENTS,
  LOGS_DROPPED,
  SPANS_DROPPED,
} from '../../../../src/processors/enrich/instruments.js';
import {
  CallOutlet,
  type CallOwner,
  OutgoingCalls,
} from '../../../../src/processors/enrich/thread/call-outlet.js';
import { span } from '../../../exporters/support/span-feed.js';

const BATCH = 256;
const UNTAKEN = 16;
const WAITING = 4096;

/** An outlet, what it has handed over, and clients by name. */
class Outlet {
  nowMs = 0;
  readonly health = new Float64Array(ENRICH_INSTRUMENTS.width);
  readonly batches: { flow: number; names: string[] }[][] = [];
  readonly lost: Record<string, number> = {};
  readonly outlet = new CallOutlet(
    (report) => {
      if (report.type !== 'calls') return;
      this.batches.push(
        report.batches.map(({ flow, calls }) => ({ flow, names: calls.map(({ name }) => name) })),
      );
    },
    this.health,
    () => this.nowMs,
  );

  /** A flow of a client. */
  flow(flow: number, name: string): CallOwner {
    this.lost[name] = 0;
    const lose = () => {
      this.lost[name] = (this.lost[name] ?? 0) + 1;
    };
    return { traffic: { generation: 0, flow }, waitingCalls: 0, lose };
  }

  add(flow: CallOwner, client: OutgoingCalls, name: string, count: number): void {
    for (let i = 0; i < count; i++) this.outlet.add(flow, span({ name }), client);
  }
}

/** A loud client and a quiet one, with a flow each. */
function loudAndQuiet() {
  const all = new Outlet();
  const [loud, quiet] = [new OutgoingCalls(), new OutgoingCalls()];
  return { all, loud, quiet, loudFlow: all.flow(1, 'loud'), quietFlow: all.flow(2, 'quiet') };
}

describe('CallOutlet', () => {
  it('hands over what is many, and what has waited', () => {
    const all = new Outlet();
    const [client, flow] = [new OutgoingCalls(), all.flow(1, 'a')];
    all.add(flow, client, 'a', BATCH + 1);
    assert.deepEqual(
      all.batches.map(([{ names }]) => names.length),
      [BATCH],
    );
    all.outlet.flush();
    assert.equal(all.batches.length, 1);
    all.nowMs += 200;
    all.outlet.flush();
    assert.deepEqual(all.batches[1], [{ flow: 1, names: ['a'] }]);
    assert.ok(all.outlet.isEmpty);
    assert.equal(flow.waitingCalls, 0);
  });

  it('tells the flows of a client apart', () => {
    const all = new Outlet();
    const client = new OutgoingCalls();
    const flows = [all.flow(1, 'a'), all.flow(2, 'b')];
    for (const [i, name] of ['a', 'b', 'c'].entries()) all.add(flows[i % 2], client, name, 1);
    all.outlet.flushAll();
    assert.deepEqual(all.batches, [
      [
        { flow: 1, names: ['a', 'c'] },
        { flow: 2, names: ['b'] },
      ],
    ]);
  });

  it('loses those of who has most when nobody takes them, and gives each its turn when somebody does', () => {
    const { all, loud, quiet, loudFlow, quietFlow } = loudAndQuiet();
    const more = 100;
    all.add(loudFlow, loud, 'loud', UNTAKEN * BATCH + WAITING + more);
    all.add(quietFlow, quiet, 'quiet', 63);
    assert.deepEqual(all.lost, { loud: more + 63, quiet: 0 });
    assert.equal(all.health[SPANS_DROPPED], more + 63);
    all.nowMs += 200;
    all.outlet.taken();
    all.outlet.taken();
    assert.deepEqual(
      all.batches.slice(UNTAKEN).map(([{ flow, names }]) => [flow, names.length]),
      [
        [1, BATCH],
        [2, 63],
      ],
    );
  });

  it('counts what a call that is lost was to be: a span, a log record, or both', () => {
    const { all, loud, loudFlow } = loudAndQuiet();
    all.add(loudFlow, loud, 'loud', UNTAKEN * BATCH + WAITING);
    const reasons: string[] = [];
    const flow = { ...loudFlow, lose: (reason: string) => void reasons.push(reason) };
    all.outlet.add(flow, span({ isSampled: false, logAttributes: {} }), loud);
    all.outlet.add(flow, span({ logAttributes: {} }), loud);
    assert.deepEqual(reasons, ['log_records', 'spans', 'log_records']);
    assert.deepEqual([all.health[SPANS_DROPPED], all.health[LOGS_DROPPED]], [1, 2]);
  });

  it('has a flow stay until its spans can be handed over', () => {
    const { all, loud, quiet, loudFlow, quietFlow } = loudAndQuiet();
    all.add(loudFlow, loud, 'loud', UNTAKEN * BATCH);
    all.add(quietFlow, quiet, 'quiet', 1);
    assert.equal(all.outlet.flushOwner(quietFlow, quiet), false);
    assert.equal(all.outlet.flushOwner(all.flow(3, 'other'), quiet), true, 'it has none');
    all.outlet.taken();
    assert.equal(all.outlet.flushOwner(quietFlow, quiet), true);
    assert.deepEqual(all.batches.at(-1), [{ flow: 2, names: ['quiet'] }]);
  });

  it('hands over everything at the end, taken or not', () => {
    const { all, loud, quiet, loudFlow, quietFlow } = loudAndQuiet();
    all.add(loudFlow, loud, 'loud', UNTAKEN * BATCH + 1000);
    all.add(quietFlow, quiet, 'quiet', 5);
    all.outlet.flushAll();
    const handed = all.batches.flat().reduce((sum, { names }) => sum + names.length, 0);
    assert.equal(handed, UNTAKEN * BATCH + 1000 + 5);
    assert.ok(all.outlet.isEmpty);
  });
});
