import assert from 'node:assert/strict';
import type { LiveEvent } from '../../../../src/processors/enrich/events.js';
import { ClientEvents, EventLog } from '../../../../src/processors/enrich/thread/event-log.js';
import { repeat } from '../../../support/repeat.js';

const FLOW = 5;

function event(timeMs: number): LiveEvent {
  const origin = { socket: 'rpc', container: {}, connection: '0' };
  return { type: 'operation', ...origin, timeMs, direction: 'send', bytes: 1, captured: 1 };
}

/** A log with events whose times are their numbers. */
function logOf(capacity: number, count: number): EventLog {
  const log = new EventLog(capacity, () => {});
  const client = new ClientEvents();
  for (let number = 0; number < count; number++) log.add(() => event(number), client, FLOW);
  return log;
}

const numbers = ({ events }: { events: readonly LiveEvent[] }) => events.map(({ timeMs }) => timeMs);

describe('EventLog', () => {
  it('gives events in order, from a cursor on, as many as are wanted', () => {
    const log = logOf(10, 7);
    const page = log.read(2, 3);
    assert.deepEqual(numbers(page), [2, 3, 4]);
    assert.deepEqual([page.next, page.missed], [5, 0]);
    assert.deepEqual(numbers(log.read(page.next, 100)), [5, 6]);
  });

  it('is empty at first, and at its end', () => {
    for (const count of [0, 3]) {
      const log = logOf(10, count);
      assert.deepEqual(log.read(count, 10), { events: [], flows: [], next: count, missed: 0 });
    }
  });

  it('forgets the oldest, and says exactly how many were missed', () => {
    const log = logOf(4, 11);
    assert.deepEqual([log.oldest, log.end], [7, 11]);
    const page = log.read(3, 2);
    assert.deepEqual(numbers(page), [7, 8]);
    assert.deepEqual([page.next, page.missed], [9, 4]);
  });

  it('forgets as many as a large one takes the room of, and gives pages of so much', () => {
    const log = new EventLog(10, () => {});
    const client = new ClientEvents();
    for (let number = 0; number < 8; number++) log.add(() => event(number), client, FLOW);
    log.add(() => event(8), client, FLOW, 4);
    assert.deepEqual([log.oldest, log.end], [2, 9]);
    assert.deepEqual(numbers(log.read(5, 5)), [5, 6, 7, 8]);
    assert.deepEqual(numbers(log.read(8, 1)), [8]);
    log.leave(client);
    const next = new ClientEvents();
    for (let number = 9; number < 30; number++) log.add(() => event(number), next, FLOW);
    assert.deepEqual(numbers(log.read(29, 10)), [29]);
  });

  it('keeps exactly its capacity', () => {
    for (const count of [3, 4, 5]) {
      const log = logOf(4, count);
      assert.equal(log.end - log.oldest, Math.min(count, 4));
      assert.deepEqual(numbers(log.read(0, 100)), repeat(count, (i) => i).slice(-4));
    }
  });

  it('takes a cursor beyond its end for the end', () => {
    assert.deepEqual(logOf(4, 2).read(100, 5), { events: [], flows: [], next: 2, missed: 0 });
  });

  it('puts an event into words only when somebody asks', () => {
    const log = new EventLog(2, () => {});
    let asked = 0;
    const entry = () => {
      asked++;
      return event(0);
    };
    const client = new ClientEvents();
    log.add(entry, client, FLOW);
    log.add(entry, client, FLOW);
    assert.equal(asked, 0);
    log.read(1, 10);
    assert.equal(asked, 1);
  });

  it('forgets the oldest of who has most, and says where', () => {
    const log = new EventLog(10, () => {});
    const [loud, quiet] = [new ClientEvents(), new ClientEvents()];
    const quietAt = [2, 50, 97];
    for (let number = 0; number < 100; number++) {
      log.add(() => event(number), quietAt.includes(number) ? quiet : loud, FLOW);
    }
    assert.deepEqual([log.oldest, log.end], [2, 100]);
    const pages = [];
    for (let cursor = 0; cursor < log.end; ) {
      const page = log.read(cursor, 100);
      pages.push([page.missed, ...numbers(page)]);
      cursor = page.next;
    }
    assert.deepEqual(pages, [
      [2, 2],
      [47, 50],
      [41, 92, 93, 94, 95, 96, 97, 98, 99],
    ]);
    assert.deepEqual(log.read(100, 10), { events: [], flows: [], next: 100, missed: 0 });
  });

  it('keeps its capacity among clients that come and go', () => {
    const log = new EventLog(10, () => {});
    for (let number = 0; number < 1000; number++) log.add(() => event(number), new ClientEvents(), number);
    assert.equal(log.end, 1000);
    let count = 0;
    for (let cursor = 0; cursor < log.end; ) {
      const page = log.read(cursor, 100);
      count += page.events.length;
      cursor = page.next;
    }
    assert.equal(count, 10);
  });

  it('counts clients that have left as one, so that they leave room for those that call', () => {
    const log = new EventLog(16, () => {});
    const living = new ClientEvents();
    for (let number = 0; number < 200; number++) {
      const client = number < 100 ? new ClientEvents() : living;
      log.add(() => event(number), client, number);
      if (client !== living) log.leave(client);
    }
    const shown: number[] = [];
    for (let page = log.read(0, 100); page.events.length > 0; page = log.read(page.next, 100))
      shown.push(...numbers(page));
    const latest = (count: number, end: number) => repeat(count, (i) => end - count + i);
    assert.deepEqual(shown, [...latest(7, 100), ...latest(9, 200)]);
  });

  it('tells whose events are, and when the last of a flow is forgotten', () => {
    const forgotten: number[] = [];
    const log = new EventLog(3, (flow) => forgotten.push(flow));
    const client = new ClientEvents();
    for (const flow of [1, 2, 1, 3]) log.add(() => event(flow), client, flow);
    assert.deepEqual(log.read(0, 10).flows, [2, 1, 3]);
    assert.deepEqual(forgotten, [], 'there is another of the first');
    for (const flow of [4, 4]) log.add(() => event(flow), client, flow);
    assert.deepEqual(forgotten, [2, 1]);
    assert.deepEqual(
      [1, 3, 4].map((flow) => log.has(flow)),
      [false, true, true],
    );
  });
});
