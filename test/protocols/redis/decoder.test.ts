import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { Meter } from '../../../src/protocols/framing/meter.js';
import { RedisFramer } from '../../../src/protocols/redis/framing/framer.js';
import { redis } from '../../../src/protocols/redis/protocol.js';
import { Ear } from '../listen.js';
import { told } from './told.js';
import { command, error, list, NIL, number, OK, published, QUEUED, status, text } from './wire.js';

const all = (...parts: Buffer[]) => Buffer.concat(parts);

/** What is told of commands that are sent ahead, and replies. */
const conversation = (asked: Buffer, answered: Buffer) =>
  told(new Ear(redis).data(SEND, asked).data(RECV, answered));

describe('the decoder of Redis', () => {
  it('tells commands that are sent ahead, each with its reply', () => {
    const asked = all(command('SET', 'a', 'b'), command('get', 'a'), command('LPUSH', 'a', 'x'));
    assert.deepEqual(conversation(asked, all(OK, text('b'), error('WRONGTYPE Operation against a key'))), [
      '> SET #1',
      '> GET #2',
      '> LPUSH #3',
      '< #1 ok',
      '< #2 ok',
      '< #3 WRONGTYPE',
    ]);
  });

  it('shows subcommands where there are such, and no other argument', () => {
    const ear = new Ear(redis);
    ear.data(
      SEND,
      all(command('config', 'get', 'x'), command('XINFO', 'STREAM', 'k'), command('CONFIG', 'k')),
    );
    ear.data(SEND, all(command('GET', 'GET'), command('COMMAND'), command('object', 'k', 'x')));
    // What redis-py and go-redis ask every server.
    ear.data(SEND, command('CLIENT', 'MAINT_NOTIFICATIONS', 'ON', 'moving-endpoint-type', 'none'));
    const methods = ear.listener.requests.map(({ method }) => method);
    assert.deepEqual(methods, [
      'CONFIG GET',
      'XINFO STREAM',
      'CONFIG',
      'GET',
      'COMMAND',
      'OBJECT',
      'CLIENT MAINT_NOTIFICATIONS',
    ]);
  });

  it('shows no word that is no command, and no code that is none of Redis', () => {
    const asked = all(
      command('b840fc02d524', 'k'),
      command('EVAL', 'return x', '0'),
      Buffer.from('hunter2\r\n'),
    );
    const answered = all(
      error('hunter2 x'),
      error('USER:17 is gone'),
      error("ERR unknown command 'hunter2'"),
    );
    assert.deepEqual(conversation(asked, answered), [
      '> _OTHER #1',
      '> EVAL #2',
      '> _OTHER #3',
      '< #1 _OTHER',
      '< #2 _OTHER',
      '< #3 ERR',
    ]);
  });

  it('passes over what asks for nothing', () => {
    const asked = all(Buffer.from('*0\r\n*-1\r\n'), command('PING'), Buffer.from('\r\n\n  \r\n PING\r\n'));
    assert.deepEqual(conversation(asked, all(status('PONG'), status('PONG'))), [
      '> PING #1',
      '> PING #2',
      '< #1 ok',
      '< #2 ok',
    ]);
  });

  it('takes blank lines that follow one another for one message, however much of it is captured', () => {
    const blank = Buffer.from('\r\n\n  \r\n'.repeat(2000));
    const ear = new Ear(redis).data(SEND, all(command('PING'), blank, command('PING')));
    ear.data(RECV, all(status('PONG'), Buffer.from('\n'.repeat(2000)), status('PONG')));
    ear.data(SEND, blank.subarray(0, 64)).gap(SEND, 13_936, true).data(SEND, command('PING'));
    const pings = ['> PING #1', '> PING #2', '< #1 ok', '< #2 ok', '> PING #3'];
    assert.deepEqual(told(ear), pings);
    for (const direction of [SEND, RECV] as const) {
      const framer = new RedisFramer(direction, new Meter(), true);
      const before = direction === SEND ? command('PING') : OK;
      const bytes = all(before, Buffer.from('\n'.repeat(2000)), before, Buffer.from('"'));
      const from = framer.next(bytes, 0, bytes.length - 1);
      assert.equal(framer.next(bytes, from, bytes.length - 1), from + 2000);
    }
  });

  it('reads values of RESP3, however deep, and strings and aggregates of which the length is not said', () => {
    const nested = list([text('a'), list([number(1), list([Buffer.from('#t\r\n')], '~')])], '%');
    const streamed = Buffer.from('*?\r\n:1\r\n*?\r\n.\r\n%?\r\n+a\r\n:1\r\n.\r\n.\r\n');
    const chunks = Buffer.from('$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n');
    const behind = list([text('ttl'), number(5)], '|');
    const others = Buffer.from('(123\r\n,1.5\r\n_\r\n=7\r\ntxt:a\r\n\r\n');
    const asked = all(...Array.from({ length: 9 }, () => command('GET', 'a')));
    const answered = all(nested, streamed, chunks, behind, text('x'), others, Buffer.from('!5\r\nERR a\r\n'));
    const results = conversation(asked, answered).slice(9);
    assert.deepEqual(results, [...Array.from({ length: 8 }, (_, i) => `< #${i + 1} ok`), '< #9 ERR']);
  });

  it('answers nothing with what is pushed', () => {
    const pushed = all(
      list([text('invalidate'), list([text('k')])], '>'),
      published('message', 'a', text('b'), '>'),
    );
    const answered = all(pushed, text('x'), pushed, NIL);
    assert.deepEqual(conversation(all(command('GET', 'a'), command('GET', 'b')), answered).slice(2), [
      '< #1 ok',
      '< #2 ok',
    ]);
  });

  it('has SUBSCRIBE answered by all its channels, and nothing by what is published', () => {
    for (const type of ['*', '>']) {
      const done = (kind: string, channel: string, count: number) =>
        published(kind, channel, number(count), type);
      const ear = new Ear(redis).data(SEND, command('SUBSCRIBE', 'a', 'b'));
      ear.data(RECV, all(done('subscribe', 'a', 1), published('message', 'a', text('b'), type)));
      assert.equal(ear.listener.responses.length, 0);
      ear.data(RECV, all(done('subscribe', 'b', 2), published('message', 'b', text('x'), type)));
      ear.data(SEND, all(command('PSUBSCRIBE', 'a*'), command('PING')));
      ear.data(RECV, list([text('pmessage'), text('a*'), text('a'), text('x')], type));
      ear.data(RECV, all(done('psubscribe', 'a*', 3), list([text('pong'), text('')])));
      ear.data(SEND, command('UNSUBSCRIBE'));
      ear.data(RECV, all(done('unsubscribe', 'a', 2), done('unsubscribe', 'b', 1)));
      ear.data(SEND, command('SUBSCRIBE')).data(RECV, error('ERR wrong number of arguments'));
      assert.deepEqual(told(ear), [
        '> SUBSCRIBE #1',
        '< #1 ok',
        '> PSUBSCRIBE #2',
        '> PING #3',
        '< #2 ok',
        '< #3 ok',
        '> UNSUBSCRIBE #4',
        '< #4 ok',
        '> SUBSCRIBE #5',
        '< #5 ERR',
      ]);
    }
  });

  it('tells a SUBSCRIBE of which one channel is missing at the end as unfinished', () => {
    const ear = new Ear(redis).data(SEND, command('SUBSCRIBE', 'a', 'b'));
    ear.data(RECV, published('subscribe', 'a', number(1))).decoder.end(5);
    assert.deepEqual(told(ear), ['> SUBSCRIBE #1', '< #1 unfinished']);
  });

  it('passes over what others say once it is a monitor', () => {
    const line = status('1700000000.123456 [0 127.0.0.1:5] "get" "+OK"');
    const ear = new Ear(redis).data(SEND, command('MONITOR')).data(RECV, all(OK, line, line));
    ear.data(SEND, command('PING')).data(RECV, all(line, status('PONG'), line));
    ear.data(SEND, command('RESET')).data(RECV, status('RESET'));
    assert.deepEqual(
      told(ear).filter((word) => word.startsWith('<')),
      ['< #1 ok', '< #2 ok', '< #3 ok'],
    );
  });

  it('waits for no reply where CLIENT REPLY says that there is none', () => {
    const reply = (mode: string) => command('client', 'reply', mode);
    const get = command('GET', 'a');
    const asked = all(reply('SKIP'), get, get, reply('OFF'), get, reply('SKIP'), get, reply('ON'), get);
    assert.deepEqual(conversation(asked, all(NIL, OK, NIL)), [
      '> CLIENT REPLY',
      '> GET',
      '> GET #1',
      '> CLIENT REPLY',
      '> GET',
      '> CLIENT REPLY',
      '> GET',
      '> CLIENT REPLY #2',
      '> GET #3',
      '< #1 ok',
      '< #2 ok',
      '< #3 ok',
    ]);
    assert.deepEqual(
      conversation(all(reply('OFF'), command('RESET'), reply('maybe')), all(status('RESET'), error('ERR'))),
      ['> CLIENT REPLY', '> RESET #1', '> CLIENT REPLY #2', '< #1 ok', '< #2 ERR'],
    );
  });

  it('leaves what a replica is sent alone', () => {
    for (const asked of [command('PSYNC', '?', '-1'), command('SYNC')]) {
      const ear = new Ear(redis).data(SEND, command('REPLCONF', 'ack', '0')).data(SEND, asked);
      if (asked.includes('PSYNC')) ear.data(RECV, all(Buffer.from('\n\n'), status('FULLRESYNC abc 1')));
      ear
        .data(RECV, all(Buffer.from('$8\r\nREDIS001'), command('SET', 'a', 'b')))
        .data(SEND, command('REPLCONF', 'ACK', '9'));
      const [, request, response, ...others] = told(ear);
      assert.match(request, /SYNC #1$/);
      assert.equal(response, asked.includes('PSYNC') ? '< #1 ok' : '< #1 no_outcome');
      assert.deepEqual([others, ear.decoder.hasGivenUp], [[], false]);
    }
  });

  it('knows the database once SELECT is answered, and not behind a loss', () => {
    const ear = new Ear(redis);
    const get = (before: Buffer, answer: Buffer) => {
      ear.data(SEND, all(before, command('GET', 'a'))).data(RECV, answer);
      return ear.listener.requests.at(-1)?.namespace;
    };
    const none = Buffer.alloc(0);
    assert.equal(get(none, NIL), '0');
    assert.equal(get(command('SELECT', '5'), all(OK, NIL)), undefined);
    assert.equal(get(none, NIL), '5');
    ear.data(SEND, command('SELECT', '99')).data(RECV, error('ERR DB index is out of range'));
    assert.equal(get(none, NIL), '5');
    ear.data(SEND, command('RESET')).data(RECV, status('RESET'));
    assert.equal(get(none, NIL), '0');
    ear.data(SEND, command('SELECT', 'x'.repeat(9))).data(RECV, OK);
    assert.equal(get(none, NIL), undefined);
    ear.data(SEND, command('SELECT', '15')).data(RECV, OK);
    assert.equal(get(none, NIL), '15');
    assert.equal(
      get(all(command('MULTI'), command('SELECT', '3'), command('EXEC')), all(OK, QUEUED, list([OK]), NIL)),
      undefined,
    );
    ear.lose();
    assert.equal(get(none, NIL), undefined);
  });

  it('gives up what is something else', () => {
    for (const [sent, received] of [
      ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
      ['\x16\x03\x01\x02\0\x01', '\x15\x03\x03'],
      ['EHLO a\r\n', '220 ready\r\n'],
    ]) {
      for (const [direction, bytes] of [
        [SEND, sent],
        [RECV, received],
      ] as const) {
        const ear = new Ear(redis).data(direction, bytes);
        assert.deepEqual(told(ear), [`${direction === SEND ? '>' : '<'} unknown_protocol`], bytes);
      }
    }
  });

  it('reads a first reply that is a long line, whole or in pieces', () => {
    const long = error(`ERR ${'x'.repeat(1000)}`);
    for (const at of [1, 300, 1000, long.length]) {
      const ear = new Ear(redis).data(SEND, command('GET', 'a'));
      ear.data(RECV, long.subarray(0, at)).data(RECV, long.subarray(at));
      assert.deepEqual(told(ear), ['> GET #1', '< #1 ERR'], `cut at ${at}`);
    }
  });

  it('tells of lines once a reply shows what they are, and of those of a stranger nothing', () => {
    const lines = 'PING\r\nSELECT 5\r\nget a\r\n';
    const ear = new Ear(redis).data(SEND, lines);
    assert.deepEqual(told(ear), []);
    ear.data(RECV, all(status('PONG'), OK, NIL)).data(SEND, 'PING\r\n');
    const first = ['> PING #1', '> SELECT #2', '> GET #3', '< #1 ok', '< #2 ok', '< #3 ok'];
    assert.deepEqual(told(ear), [...first, '> PING #4']);
    const strange = new Ear(redis).data(SEND, lines).data(RECV, 'VALUE a 0 1\r\nb\r\nEND\r\n');
    assert.deepEqual([told(strange), strange.decoder.hasGivenUp], [['< unknown_protocol'], true]);
    // Whoever only strikes the return key has said nothing.
    const silent = new Ear(redis).data(SEND, `PING\r\n${'\r\n '.repeat(300)}`).data(SEND, '\r\n'.repeat(300));
    silent.data(SEND, '\r'.repeat(300)).data(SEND, '\n'.repeat(300)).data(RECV, status('PONG'));
    assert.deepEqual(told(silent), ['> PING #1', '< #1 ok']);
    const unheard = new Ear(redis).data(SEND, 'PING\r\n'.repeat(50_000));
    assert.deepEqual([told(unheard), unheard.decoder.hasGivenUp], [['> unknown_protocol'], true]);
  });
});
