import assert from 'node:assert/strict';
import { ENRICH_INSTRUMENTS, SPANS_DROPPED } from '../../../../src/processors/enrich/instruments.js';
import { ClientSpans, SpanOutlet } from '../../../../src/processors/enrich/thread/span-outlet.js';
import { span } from '../../../exporters/support/span-feed.js';

const BATCH = 256;
const UNTAKEN = 16;
const WAITING = 4096;

/** An outlet, what it has handed over, and clients by name. */
class Outlet {
  nowMs = 0;
  readonly health = new Float64Array(ENRICH_INSTRUMENTS.width);
  readonly batches: { source: number; names: string[] }[] = [];
  readonly lost: Record<string, number> = {};
  readonly outlet = new SpanOutlet(
    (report) => {
      if (report.type === 'spans')
        this.batches.push({ source: report.source, names: report.spans.map(({ name }) => name) });
    },
    this.health,
    () => this.nowMs,
  );

  client(name: string): ClientSpans {
    this.lost[name] = 0;
    return new ClientSpans(() => {
      this.lost[name] = (this.lost[name] ?? 0) + 1;
    });
  }

  add(source: number, client: ClientSpans, name: string, count: number): void {
    for (let i = 0; i < count; i++) this.outlet.add(source, span({ name }), client);
  }
}

describe('SpanOutlet', () => {
  it('hands over what is many, and what has waited', () => {
    const all = new Outlet();
    const client = all.client('a');
    all.add(1, client, 'a', BATCH + 1);
    assert.deepEqual(
      all.batches.map(({ names }) => names.length),
      [BATCH],
    );
    all.outlet.flush();
    assert.equal(all.batches.length, 1);
    all.nowMs += 200;
    all.outlet.flush();
    assert.deepEqual(all.batches[1], { source: 1, names: ['a'] });
    assert.ok(all.outlet.isEmpty);
  });

  it('loses those of who has most when nobody takes them, and gives each its turn when somebody does', () => {
    const all = new Outlet();
    const [loud, quiet] = [all.client('loud'), all.client('quiet')];
    const more = 100;
    all.add(1, loud, 'loud', UNTAKEN * BATCH + WAITING + more);
    all.add(2, quiet, 'quiet', 63);
    assert.deepEqual(all.lost, { loud: more + 63, quiet: 0 });
    assert.equal(all.health[SPANS_DROPPED], more + 63);
    all.nowMs += 200;
    all.outlet.taken();
    all.outlet.taken();
    assert.deepEqual(
      all.batches.slice(UNTAKEN).map(({ source, names }) => [source, names.length]),
      [
        [1, BATCH],
        [2, 63],
      ],
    );
  });

  it('has a source stay until its spans can be handed over', () => {
    const all = new Outlet();
    const [loud, quiet] = [all.client('loud'), all.client('quiet')];
    all.add(1, loud, 'loud', UNTAKEN * BATCH);
    all.add(2, quiet, 'quiet', 1);
    assert.equal(all.outlet.flushSource(2, quiet), false);
    assert.equal(all.outlet.flushSource(3, quiet), true, 'they go by another');
    all.outlet.taken();
    assert.equal(all.outlet.flushSource(2, quiet), true);
    assert.deepEqual(all.batches.at(-1), { source: 2, names: ['quiet'] });
  });

  it('hands over everything at the end, taken or not', () => {
    const all = new Outlet();
    const [loud, quiet] = [all.client('loud'), all.client('quiet')];
    all.add(1, loud, 'loud', UNTAKEN * BATCH + 1000);
    all.add(2, quiet, 'quiet', 5);
    all.outlet.flushAll();
    const handed = all.batches.reduce((sum, { names }) => sum + names.length, 0);
    assert.equal(handed, UNTAKEN * BATCH + 1000 + 5);
    assert.ok(all.outlet.isEmpty);
  });
});
