import assert from 'node:assert/strict';
import { RequestQueue } from '../../../src/exporters/otlphttp/request-queue.js';

const MIB = 1024 * 1024;

const unchanged = (message: Uint8Array) => Promise.resolve(message);

describe('RequestQueue', () => {
  const message = new Uint8Array(MIB);

  it('has requests in the order they came, with what they count', async () => {
    const queue = new RequestQueue(2);
    for (const byte of [1, 2]) queue.push(byte * 10, Uint8Array.of(byte), unchanged);
    for (const byte of [1, 2]) {
      const request = queue.next();
      assert.equal(request?.count, byte * 10);
      assert.deepEqual(await request?.body, Uint8Array.of(byte));
    }
    assert.equal(queue.next(), undefined);
  });

  for (const capacity of [0, 1, 5]) {
    it(`lets ${capacity} wait, and one be sent`, () => {
      const queue = new RequestQueue(capacity);
      let pushed = 0;
      const fill = () => {
        for (; queue.hasRoom; pushed++) {
          queue.push(1, Uint8Array.of(1), unchanged);
          if (pushed === 0) queue.next();
        }
      };
      fill();
      assert.equal(pushed, capacity + 1);
      queue.next();
      fill();
      assert.equal(pushed, capacity + 2);
    });
  }

  it('lets no more than 64 MiB wait, however many they are', () => {
    const queue = new RequestQueue(1000);
    let pushed = 0;
    for (; queue.hasRoom; pushed++) queue.push(1, message, unchanged);
    assert.equal(pushed, 64);
    queue.next();
    assert.equal(queue.hasRoom, false, 'the one that is sent takes its memory too');
    queue.next();
    assert.equal(queue.hasRoom, true);
  });

  it('measures what was made of a request', async () => {
    const queue = new RequestQueue(1000);
    for (let i = 0; i < 64; i++) queue.push(1, message, () => Promise.resolve(message.subarray(0, 1000)));
    assert.equal(queue.hasRoom, false);
    await queue.next()?.body;
    assert.equal(queue.hasRoom, true);
    for (let i = 0; i < 63; i++) await queue.next()?.body;
    queue.next();
    let pushed = 0;
    for (; queue.hasRoom; pushed++) queue.push(1, message, unchanged);
    assert.equal(pushed, 64, 'nothing is left of what has gone');
  });

  it('has no body for what could not be made ready', async () => {
    const queue = new RequestQueue(1);
    queue.push(7, message, () => Promise.reject(new Error('out of memory')));
    const request = queue.next();
    assert.equal(request?.count, 7);
    assert.equal(await request?.body, undefined);
  });
});
