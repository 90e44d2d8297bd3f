import assert from 'node:assert/strict';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { call, EventLog, operation, stream } from './event-log.js';
import { ask, Follower, remembered, startControl } from './fixture.js';

describe('GET /v1/events', () => {
  const cleanup = useCleanup();
  let log: EventLog;

  beforeEach(() => {
    log = new EventLog();
  });

  const start = async () => (await startControl(cleanup, log)).socket;

  it('gives what is remembered as lines of JSON, and ends when it does not follow', async () => {
    const socket = await start();
    const events = [call({ method: 'a\nb\u2028"' }), operation({ payload: '\ud800' })];
    log.push(...events);
    const { status, headers, body } = await ask(socket, '/v1/events?follow=false');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/x-ndjson');
    const lines = body.split('\n');
    assert.deepEqual(
      lines.slice(0, 2).map((line) => JSON.parse(line)),
      events,
    );
    assert.deepEqual(lines.slice(2), ['']);
  });

  it('begins with what comes next, and gives each event once as it happens', async () => {
    const socket = await start();
    log.pushCalls(5);
    const follower = await Follower.start(cleanup, socket);
    for (const count of [1, 3, 700]) {
      const before = follower.lines.length;
      log.pushCalls(count);
      await follower.read(before + count);
    }
    const expected = Array.from({ length: 704 }, (_, i) => String(i + 5));
    assert.deepEqual(
      follower.lines.map(({ id }) => id),
      expected,
    );
  });

  it('begins with the last that are asked for', async () => {
    const socket = await start();
    log.pushCalls(700);
    const follower = await Follower.start(cleanup, socket, '?last=600');
    assert.equal((await follower.read(600))[0]?.id, '100');
    log.pushCalls(1);
    assert.equal((await follower.read(601))[600]?.id, '700');
  });

  for (const [last, count] of [
    [0, 0],
    [1, 1],
    [256, 256],
    [257, 257],
    [100_000, 600],
  ]) {
    it(`gives ${count} of 600 that are remembered, of 1000, for last=${last}`, async () => {
      log = new EventLog(600);
      const socket = await start();
      log.pushCalls(1000);
      const lines = await remembered(socket, `&last=${last}`);
      assert.equal(lines.length, count);
      assert.deepEqual(
        lines.map(({ id }) => Number(id)),
        Array.from(lines, (_, i) => 1000 - count + i),
      );
    });
  }

  it('counts the last that pass the filter, however far back they are', async () => {
    const socket = await start();
    for (let i = 0; i < 900; i++)
      log.push(call({ id: String(i), method: i % 300 === 7 ? 'rare' : 'frequent' }));
    const ids = async (last: number) =>
      (await remembered(socket, `&method=rare&last=${last}`)).map(({ id }) => Number(id));
    assert.deepEqual(await ids(1), [607]);
    assert.deepEqual(await ids(2), [307, 607]);
    assert.deepEqual(await ids(50), [7, 307, 607]);
    assert.deepEqual(await remembered(socket, '&method=none&last=1'), []);
  });

  describe('shows only', () => {
    const events = {
      plain: call(),
      failed: call({ errorType: '-32601', method: 'eth_none' }),
      other: call({ socket: 'docker', container: { 'container.id': 'beef0000', 'container.name': 'c0ff' } }),
      unnamed: call({ container: {}, method: 'net_version' }),
      operation: operation(),
    };

    const cases: readonly [query: string, shown: (keyof typeof events)[]][] = [
      ['', ['plain', 'failed', 'other', 'unnamed', 'operation']],
      ['&socket=docker', ['other']],
      ['&socket=docker&socket=geth', ['plain', 'failed', 'other', 'unnamed', 'operation']],
      ['&socket=get', []],
      ['&container=wallet', ['plain', 'failed']],
      ['&container=c0ffee', ['plain', 'failed', 'operation']],
      ['&container=c0ff', ['plain', 'failed', 'other', 'operation']],
      ['&container=c0f', []],
      ['&container=wallet&container=beef', ['plain', 'failed', 'other']],
      ['&container=c0ffee0123456789abc', []],
      ['&method=eth_call', ['plain', 'other']],
      ['&method=eth_*', ['plain', 'failed', 'other']],
      ['&method=*', ['plain', 'failed', 'other', 'unnamed']],
      ['&method=*version', ['unnamed']],
      ['&method=eth', []],
      ['&errors=true', ['failed']],
      ['&errors=false', ['plain', 'failed', 'other', 'unnamed', 'operation']],
      ['&type=operation', ['operation']],
      ['&type=operation&type=call', ['plain', 'failed', 'other', 'unnamed', 'operation']],
      ['&type=call&container=wallet&errors=true', ['failed']],
    ];
    for (const [query, shown] of cases) {
      it(`${shown.join(', ') || 'nothing'} for ${query || 'no filter'}`, async () => {
        const socket = await start();
        log.push(...Object.values(events));
        const expected = shown.map((name) => events[name]);
        assert.deepEqual(await remembered(socket, query), expected);
      });
    }

    it('streams only to who asks for them, and has them remembered only meanwhile', async () => {
      const socket = await start();
      log.push(stream());
      assert.deepEqual(await remembered(socket), []);
      assert.deepEqual(await remembered(socket, '&type=stream'), [stream()]);
      assert.equal(log.streamWatchers, 0);
      const follower = await Follower.start(cleanup, socket, '?type=stream');
      assert.equal(log.streamWatchers, 1);
      follower.response.destroy();
      await eventually('nobody watches', () => log.streamWatchers === 0);
    });

    it('what passes of the events to come', async () => {
      const socket = await start();
      const follower = await Follower.start(cleanup, socket, '?errors=true');
      log.pushCalls(600);
      log.push(events.failed);
      assert.deepEqual(await follower.read(1), [events.failed]);
    });
  });

  describe('refuses, and says what is accepted', () => {
    const cases: readonly [query: string, error: RegExp][] = [
      [
        'foo=1',
        /^"foo" is not a parameter; accepted: last, follow, socket, container, protocol, method, errors, type$/,
      ],
      ['__proto__=1', /^"__proto__" is not a parameter/],
      ['last=-1', /^last: "-1" is not a whole number from 0 to 100000$/],
      ['last=100001', /^last: "100001" is not/],
      ['last=1e3', /^last: "1e3" is not/],
      ['last=', /^last: "" is not/],
      ['last=1&last=2', /^last: is given 2 times; at most 1$/],
      ['follow=yes', /^follow: "yes" is not true or false$/],
      ['errors=1', /^errors: "1" is not true or false$/],
      ['protocol=postgres', /^protocol: "postgres" is not a protocol: varlink, .*http$/],
      ['socket=', /^socket: "" is not the name of a socket$/],
      [
        'container=',
        /^container: "" is not the name of a container, 4 characters of its id or more, or a program of the host$/,
      ],
      ['method=', /^method: "" is not a method/],
      ['type=span', /^type: "span" is not operation, call or stream$/],
      ['%00%1b=%ff', /^"\\u0000\\u001b" is not a parameter/],
      [Array.from({ length: 65 }, () => 'socket=a').join('&'), /^socket: is given 65 times; at most 64$/],
    ];
    for (const [query, error] of cases) {
      it(query.slice(0, 40), async () => {
        const { status, headers, body } = await ask(await start(), `/v1/events?${query}`);
        assert.equal(status, 400);
        assert.equal(headers['content-type'], 'application/json');
        assert.match((JSON.parse(body) as { error: string }).error, error);
      });
    }
  });

  it('says that there are no events when nothing captures any', async () => {
    const { socket } = await startControl(cleanup, undefined);
    const { status, body } = await ask(socket, '/v1/events');
    assert.equal(status, 409);
    assert.match(
      (JSON.parse(body) as { error: string }).error,
      /has no events: .* capture and an enrich processor/,
    );
  });

  describe('when the events cannot be read', () => {
    it('answers 500 and says so in the log, and goes on', async () => {
      const { socket, log: logged } = await startControl(cleanup, log);
      log.failure = new Error('out of order');
      assert.equal((await ask(socket, '/v1/events')).status, 500);
      assert.ok(logged.includes('GET /v1/events could not be answered'));
      log.failure = undefined;
      assert.deepEqual(await remembered(socket), []);
    });

    it('breaks off an answer that has begun', async () => {
      const socket = await start();
      log.pushCalls(1);
      const follower = await Follower.start(cleanup, socket, '?last=1');
      await follower.read(1);
      log.failure = new Error('out of order');
      await eventually('the follower has lost its stream', () => follower.ended);
      assert.equal(follower.response.complete, false);
    });
  });

  it('reads no more once a follower has gone', async () => {
    const { socket, provide } = await startControl(cleanup, log);
    const gone = [
      await Follower.start(cleanup, socket),
      await Follower.start(cleanup, socket, '?errors=true'),
    ];
    await eventually('both are polling', () => log.reads > 4);
    for (const { response } of gone) response.destroy();
    // Somebody who goes on with other events tells how much time has passed, in polls.
    const other = new EventLog();
    provide(other);
    await Follower.start(cleanup, socket);
    await eventually('the connections have ended', () => other.reads >= 3);
    const { reads } = log;
    await eventually('there was time to read more', () => other.reads >= 8);
    assert.equal(log.reads, reads);
  });
});
