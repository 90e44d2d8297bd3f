import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { Meter } from '../../../src/protocols/framing/meter.js';
import { RedisFramer } from '../../../src/protocols/redis/framing/framer.js';
import { redis } from '../../../src/protocols/redis/protocol.js';
import { CountedMemory } from '../../fuzz/counted-memory.js';
import { Ear } from '../listen.js';
import { told } from './told.js';
import { command, error, list, NIL, number, OK, QUEUED, status, text } from './wire.js';

const all = (...parts: Buffer[]) => Buffer.concat(parts);

/** A transaction of two commands, and what follows on it. */
function transaction(last: Buffer, reply: Buffer, between: (ear: Ear) => void = () => {}): string[] {
  const ear = new Ear(redis).data(SEND, command('MULTI')).data(RECV, OK);
  ear.data(SEND, all(command('SET', 'a', 'b'), command('INCR', 'a'))).data(RECV, all(QUEUED, QUEUED));
  between(ear);
  ear.data(SEND, last).data(RECV, reply);
  return told(ear, 4).filter((word) => word.startsWith('<'));
}

const EXEC = command('EXEC');

describe('the transactions of Redis', () => {
  it('tell of each command what EXEC says of it', () => {
    const reply = list([OK, error('WRONGTYPE not an integer')]);
    assert.deepEqual(transaction(EXEC, reply), ['< #2 ok', '< #3 WRONGTYPE', '< #4 ok']);
    assert.deepEqual(transaction(EXEC, list([list([OK, error('ERR')]), NIL])), [
      '< #2 ok',
      '< #3 ok',
      '< #4 ok',
    ]);
    assert.deepEqual(transaction(EXEC, list([text('x'.repeat(2000)), error('ERR')])), [
      '< #2 ok',
      '< #3 ERR',
      '< #4 ok',
    ]);
  });

  it('take the time of a command up to the reply to EXEC, and the bytes of both answers', () => {
    const ear = new Ear(redis).data(SEND, command('MULTI')).data(RECV, OK);
    ear.data(SEND, command('GET', 'a'));
    ear.timeMs = 5;
    ear.data(RECV, QUEUED);
    ear.timeMs = 9;
    const reply = list([NIL]);
    ear.data(SEND, EXEC).data(RECV, reply);
    const [, get, exec] = ear.listener.responses;
    assert.deepEqual([get.timeMs, get.bytes, exec.bytes], [9, QUEUED.length, reply.length]);
  });

  it('tell of commands that were not carried out that nothing is known of them', () => {
    const unknown = ['< #2 no_outcome', '< #3 no_outcome'];
    assert.deepEqual(transaction(EXEC, Buffer.from('*-1\r\n')), [...unknown, '< #4 ok']);
    assert.deepEqual(transaction(EXEC, Buffer.from('_\r\n')), [...unknown, '< #4 ok']);
    assert.deepEqual(transaction(command('DISCARD'), OK), [...unknown, '< #4 ok']);
    assert.deepEqual(transaction(command('RESET'), status('RESET')), [...unknown, '< #4 ok']);
    const refused = (ear: Ear) => void ear.data(SEND, command('GET')).data(RECV, error('ERR wrong number'));
    assert.deepEqual(transaction(EXEC, error('EXECABORT discarded'), refused), [
      '< #4 ERR',
      ...unknown,
      '< #5 EXECABORT',
    ]);
  });

  it('do not tell what lies beyond what was captured', () => {
    const ear = new Ear(redis).data(
      SEND,
      all(command('MULTI'), command('GET', 'a'), command('GET', 'b'), EXEC),
    );
    ear
      .data(RECV, all(OK, QUEUED, QUEUED))
      .data(RECV, '*2\r\n$500\r\nabc')
      .gap(RECV, 600, true);
    assert.deepEqual(told(ear, 4), ['< #1 ok', '< #2 ok', '< #3 truncated', '< #4 ok']);
  });

  it('have so much of the reply to EXEC kept that what it says of most of them is known', () => {
    const keptOf = (reply: Buffer) => {
      const framer = new RedisFramer(RECV, new Meter());
      framer.next(Buffer.concat([OK, Buffer.from('"')]), 0, OK.length);
      framer.next(Buffer.concat([reply, Buffer.from('"')]), 0, reply.length);
      return framer.minBytes();
    };
    assert.equal(keptOf(list(Array.from({ length: 1000 }, () => OK))), 16 * 1024);
    assert.equal(keptOf(list([number(1), text('a')])), 16 * 1024);
    // Lists of strings, and of lists, are of others.
    for (const other of [list([text('a'), number(1)]), list([list([number(1)])]), OK, list([])])
      assert.equal(keptOf(other), 64);
  });

  it('are unfinished if their connection ends before EXEC, and unknown if something is missed', () => {
    const begun = () =>
      new Ear(redis)
        .data(SEND, command('MULTI'))
        .data(RECV, OK)
        .data(SEND, command('GET', 'a'))
        .data(RECV, QUEUED);
    const ended = begun();
    ended.decoder.end(1);
    assert.deepEqual(told(ended, 3), ['< #2 unfinished']);
    const lost = begun().lose();
    assert.deepEqual(told(lost, 3), ['< #2 order_lost']);
    // What goes on is another's end.
    lost
      .data(SEND, command('GET', 'b'))
      .data(RECV, QUEUED)
      .data(SEND, EXEC)
      .data(RECV, list([NIL, number(1)]));
    assert.deepEqual(told(lost, 4), ['> GET #3', '< #3 no_outcome', '> EXEC #4', '< #4 ok']);
  });

  it('keep no more commands than there is memory for', () => {
    const memory = new CountedMemory();
    const ear = new Ear(redis, { keepPayload: false, memory }).data(SEND, command('MULTI')).data(RECV, OK);
    const count = 20_000;
    for (let i = 0; i < count; i++) ear.data(SEND, command('GET', 'a')).data(RECV, QUEUED);
    assert.ok(memory.held < 300_000, `${memory.held} bytes`);
    const { responses } = ear.listener;
    assert.deepEqual([responses.length, responses.at(-1)?.doubt], [1 + count - 16 * 1024, 'no_outcome']);
    ear.decoder.release();
    assert.equal(memory.held, 0);
  });
});
