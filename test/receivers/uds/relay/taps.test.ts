import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { Ring } from '../../../processors/capture/ring/fixture.js';
import { strategyWith, TappedThread } from './tap-fixture.js';

const LISTENER = 3;
const OTHER = 4;

describe('Taps', () => {
  it('captures the connections of a listener from beginning to end, and no others', () => {
    const thread = new TappedThread();
    thread.set(LISTENER, thread.tap());
    const [slot, other] = [thread.open(LISTENER), thread.open(OTHER)];
    thread.send(slot, '{}');
    thread.send(other, '[]');
    thread.recv(slot, '[1]');
    thread.close(slot);
    thread.close(other);
    assert.deepEqual(thread.records(), [`${slot}#0 first {}`, `${slot}#1 [1]`, `${slot}#2 last`]);
  });

  it('leaves out a direction that is not wanted', () => {
    for (const [directions, expected] of [
      [[SEND], ['0#0 first {}']],
      [[RECV], ['0#0 first []']],
    ] as const) {
      const thread = new TappedThread();
      thread.set(LISTENER, thread.tap({ directions }));
      const slot = thread.open(LISTENER);
      thread.send(slot, '{}');
      thread.recv(slot, '[]');
      assert.deepEqual(thread.records(), expected);
      thread.close(slot);
      assert.deepEqual(thread.records(), ['0#1 last']);
    }
  });

  it('leaves out a connection that the strategy does not take', () => {
    const thread = new TappedThread();
    const takesConnection = (connection: number) => connection === 1;
    thread.set(LISTENER, thread.tap({ strategy: strategyWith({ takesConnection }) }));
    const [none, one] = [thread.open(LISTENER), thread.open(LISTENER)];
    for (const slot of [none, one]) thread.send(slot, '{}');
    for (const slot of [none, one]) thread.close(slot);
    assert.deepEqual(thread.records(), ['1#0 first {}', '1#1 last']);
  });

  it('captures open connections from the middle on', () => {
    const thread = new TappedThread();
    const slot = thread.open(LISTENER);
    thread.send(slot, '{"unseen":');
    thread.set(LISTENER, thread.tap());
    thread.send(slot, '{}\n');
    assert.deepEqual(thread.records(), [`${slot}#1 {}`]);
  });

  it('leaves a gap in open connections when another tap goes on in the same ring', () => {
    const thread = new TappedThread();
    thread.set(LISTENER, thread.tap());
    const slot = thread.open(LISTENER);
    thread.send(slot, '{}');
    thread.set(LISTENER, thread.tap());
    thread.send(slot, '[]');
    assert.deepEqual(thread.records(), [`${slot}#0 first {}`, `${slot}#2 []`]);
  });

  it('ends open connections in a ring when they go on in another', () => {
    const thread = new TappedThread();
    const other = new Ring({ entries: 8, maxBytes: 4096 });
    thread.set(LISTENER, thread.tap());
    const slot = thread.open(LISTENER);
    thread.send(slot, '{}');
    thread.set(LISTENER, thread.tap({}, other.writer));
    thread.send(slot, '[]');
    thread.close(slot);
    assert.deepEqual(thread.records(), [`${slot}#0 first {}`, `${slot}#2 last`]);
    assert.deepEqual(thread.records(other.reader()), [`${slot}#1 []`, `${slot}#2 last`]);
  });

  it('ends open connections behind a gap when they are not captured any more', () => {
    const thread = new TappedThread();
    thread.set(LISTENER, thread.tap());
    const slot = thread.open(LISTENER);
    thread.send(slot, '{}');
    thread.set(LISTENER, undefined);
    thread.send(slot, '[]');
    thread.close(slot);
    assert.deepEqual(thread.records(), [`${slot}#0 first {}`, `${slot}#2 last`]);
    assert.ok(thread.taps.ofEnd.every((tap) => tap === undefined));
  });

  it('takes a tap that fails off all connections of its listener, and says so once', () => {
    const thread = new TappedThread();
    const keep = (bytes: number) => {
      if (bytes > 2) throw new Error('too long for me');
      return bytes;
    };
    thread.set(LISTENER, thread.tap({ strategy: strategyWith({ keep }) }));
    thread.set(OTHER, thread.tap());
    const [one, two, other] = [thread.open(LISTENER), thread.open(LISTENER), thread.open(OTHER)];
    for (const slot of [one, two]) thread.send(slot, '{}');
    thread.send(one, '[1]');
    for (const slot of [one, two, other]) thread.send(slot, '[2]');
    assert.deepEqual(thread.failures, [[LISTENER, 'too long for me']]);
    assert.deepEqual(thread.records(), [
      '0#0 first {}',
      '1#0 first {}',
      '0#2 last',
      '1#2 last',
      '2#0 first [2]',
    ]);
    thread.send(thread.open(LISTENER), '{}');
    assert.deepEqual(thread.records(), []);
  });

  it('puts a tap that fails with an open connection on no other one, and says so once', () => {
    const thread = new TappedThread();
    const slots = [thread.open(LISTENER), thread.open(LISTENER), thread.open(LISTENER)];
    const takesConnection = (connection: number) => {
      if (connection === slots[1]) throw new Error('not that one');
      return true;
    };
    thread.set(LISTENER, thread.tap({ strategy: strategyWith({ takesConnection }) }));
    for (const slot of slots) thread.send(slot, '{}');
    assert.deepEqual(thread.failures, [[LISTENER, 'not that one']]);
    assert.deepEqual(thread.records(), []);
  });

  it('says so when a tap fails with a connection that begins', () => {
    const thread = new TappedThread();
    const takesConnection = () => {
      throw new Error('none');
    };
    thread.set(LISTENER, thread.tap({ strategy: strategyWith({ takesConnection }) }));
    thread.send(thread.open(LISTENER), '{}');
    thread.open(LISTENER);
    assert.deepEqual(thread.failures, [[LISTENER, 'none']]);
  });
});
