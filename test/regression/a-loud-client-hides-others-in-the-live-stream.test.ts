import assert from 'node:assert/strict';
import type { CallEvent, EventSource } from '../../src/processors/enrich/events.js';
import { ClientEvents, EventLog } from '../../src/processors/enrich/thread/event-log.js';
import { call } from '../extensions/control/event-log.js';
import { ask, startControl } from '../extensions/control/fixture.js';
import { useCleanup } from '../support/cleanup.js';

const CAPACITY = 4096;
const LOUD = 50_000;

describe('a client that calls a lot', () => {
  const cleanup = useCleanup();
  let log: EventLog;
  let source: EventSource;

  /** Calls of a quiet client, among those of another. */
  beforeEach(() => {
    log = new EventLog(CAPACITY, () => {});
    const [loud, quiet] = [new ClientEvents(), new ClientEvents()];
    for (let i = 0; i < LOUD; i++) {
      log.add(() => call({ id: String(i), container: { 'container.id': 'loud' } }), loud, 1);
      if (i % 1000 !== 0) continue;
      log.add(() => call({ id: String(i), container: { 'container.id': 'quiet' } }), quiet, 2);
    }
    source = {
      read: async (cursor, max) => log.read(cursor, max),
      range: async () => ({ oldest: log.oldest, end: log.end }),
      watchStreams: () => () => {},
    };
  });

  async function events(query: string): Promise<CallEvent[]> {
    const { socket } = await startControl(cleanup, source);
    const { status, body } = await ask(socket, `/v1/events?follow=false&${query}`);
    assert.equal(status, 200);
    const lines = body.trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'call');
  }

  it('does not push those of others out of what is remembered', async () => {
    const shown = await events('container=quiet');
    assert.deepEqual(
      shown.map(({ id }) => id),
      Array.from({ length: LOUD / 1000 }, (_, i) => String(i * 1000)),
    );
  });

  it('leaves to those who ask for the last ones exactly these', async () => {
    const shown = await events('container=quiet&last=3');
    assert.deepEqual(
      shown.map(({ id }) => id),
      ['47000', '48000', '49000'],
    );
    assert.equal((await events('last=4000')).length, 4000);
  });

  it('has what was forgotten of its own counted where it was', async () => {
    const { socket } = await startControl(cleanup, source);
    const { body } = await ask(socket, '/v1/events?follow=false');
    const lines = body.trimEnd().split('\n');
    const missed = lines.map((line) => JSON.parse(line)).reduce((sum, { count = 0 }) => sum + count, 0);
    assert.equal(missed + CAPACITY, log.end - log.oldest);
  });
});
