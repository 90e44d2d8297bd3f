import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { redis } from '../../../src/protocols/redis/protocol.js';
import { CountedMemory } from '../../fuzz/counted-memory.js';
import { Ear } from '../listen.js';
import { told } from './told.js';
import { command, error, NIL, OK, text } from './wire.js';

const get = command('GET', 'a');
const all = (...parts: Buffer[]) => Buffer.concat(parts);

describe('a conversation of Redis of which a part is lost', () => {
  it('goes on with the next command of a client that waits for its replies', () => {
    const ear = new Ear(redis).data(SEND, get).lose();
    ear.data(RECV, NIL).data(SEND, get).data(RECV, error('ERR'));
    assert.deepEqual(told(ear), ['> GET #1', '< #1 order_lost', '< #2 ok', '> GET #3', '< #3 ERR']);
  });

  it('has no outcomes while a client sends ahead, until it has been silent', () => {
    const ear = new Ear(redis)
      .data(SEND, all(get, get, get))
      .data(RECV, NIL)
      .lose();
    ear.data(SEND, get).data(RECV, all(NIL, NIL, error('ERR')));
    assert.deepEqual(told(ear, 4), ['< #2 order_lost', '< #3 order_lost', '> GET #4', '< #4 order_lost']);
    ear.timeMs = 2000;
    ear.data(SEND, all(get, get)).data(RECV, all(NIL, error('ERR')));
    assert.deepEqual(told(ear, 8), ['> GET #5', '> GET #6', '< #5 ok', '< #6 ERR']);
  });

  it('has none either once the client turns out to send ahead', () => {
    const ear = new Ear(redis);
    ear.lose();
    ear
      .data(SEND, get)
      .data(SEND, get)
      .data(RECV, all(error('ERR'), NIL, NIL));
    assert.deepEqual(told(ear), ['> GET #1', '< #1 order_lost', '> GET #2', '< #2 order_lost']);
  });

  it('goes on where a reply is found again that no command was seen for', () => {
    const ear = new Ear(redis).data(RECV, error('LOADING Redis is loading the dataset in memory'));
    ear.data(SEND, get).data(RECV, NIL);
    assert.deepEqual(told(ear), ['< #1 LOADING', '> GET #2', '< #2 ok']);
  });

  it('takes no text from the inside of a string for a command', () => {
    const value = 'get well\r\nset it up\r\nquit\r\n'.repeat(200);
    const whole = command('SET', 'a', value);
    const ear = new Ear(redis).data(SEND, get).data(RECV, NIL).data(SEND, whole.subarray(0, 1000));
    ear.lose();
    for (let at = 2000; at < whole.length; at += 100) ear.data(SEND, whole.subarray(at, at + 100));
    ear.data(RECV, OK).data(SEND, get).data(RECV, NIL);
    assert.deepEqual(told(ear, 2), ['< #2 ok', '> GET #3', '< #3 ok']);
  });

  it('does not know the reply to a command of which the name is missing', () => {
    const ear = new Ear(redis).data(SEND, '*2\r\n$3\r\nG').gap(SEND, 20, true);
    ear.data(RECV, NIL).data(SEND, get).data(RECV, NIL);
    assert.deepEqual(told(ear), ['> truncated', '< #1 ok', '> GET #2', '< #2 ok']);
  });

  it('waits for no more replies than there is memory for', () => {
    const memory = new CountedMemory();
    const ear = new Ear(redis, { keepPayload: false, memory });
    const many = all(...Array.from({ length: 1000 }, () => get));
    for (let i = 0; i < 70; i++) ear.data(SEND, many);
    assert.ok(memory.held < 300_000, `${memory.held} bytes`);
    assert.equal(ear.listener.responses.length, 70_000);
    ear.decoder.release();
    assert.equal(memory.held, 0);
  });

  it('finds the end of a string of which most was not captured', () => {
    const long = text('x'.repeat(1000));
    const ear = new Ear(redis)
      .data(SEND, get)
      .data(RECV, long.subarray(0, 64))
      .gap(RECV, long.length - 64, true);
    ear.data(SEND, get).data(RECV, NIL);
    assert.deepEqual(told(ear), ['> GET #1', '< #1 ok', '> GET #2', '< #2 ok']);
  });
});
