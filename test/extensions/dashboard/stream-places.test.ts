import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { StreamPlaces } from '../../../src/extensions/dashboard/stream-places.js';

const stream = () => new ServerResponse(new IncomingMessage(new Socket()));

describe('the streams of the dashboard', () => {
  it('leave as much to each client as to others', () => {
    const places = new StreamPlaces(4);
    const first = Array.from({ length: 4 }, stream);
    for (const each of first) assert.equal(places.enter('a', each), true);
    assert.equal(places.enter('a', stream()), false);
    const second = [stream(), stream()];
    for (const each of second) assert.equal(places.enter('b', each), true);
    assert.deepEqual(
      first.map(({ destroyed }) => destroyed),
      [true, true, false, false],
    );
    assert.equal(places.enter('b', stream()), false);
    assert.equal(places.enter('a', stream()), false);
    // Who has none finds one more than its share with nobody.
    assert.equal(places.enter('c', stream()), true);
    assert.equal(places.enter('d', stream()), true);
    assert.equal(places.enter('e', stream()), false);
    assert.equal([...first, ...second].filter(({ destroyed }) => destroyed).length, 4);
  });

  it('have room again when one is closed', () => {
    const places = new StreamPlaces(1);
    const first = stream();
    assert.equal(places.enter('a', first), true);
    assert.equal(places.enter('a', stream()), false);
    first.emit('close');
    first.emit('close');
    assert.equal(places.enter('b', stream()), true);
  });
});
