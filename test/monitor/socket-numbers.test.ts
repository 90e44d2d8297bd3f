import assert from 'node:assert/strict';
import { SocketNumbers } from '../../src/monitor/socket-numbers.js';
import { HEAD, HEADER_WORDS, TAIL } from '../../src/processors/capture/ring/layout.js';

describe('SocketNumbers', () => {
  const newNumbers = () => {
    const words = new Float64Array(HEADER_WORDS);
    return { words, numbers: new SocketNumbers(words) };
  };
  const SOCKET = { containerId: 'c1', socketPath: '/run/a.sock' };

  it('forgets a socket that ends without records at once', () => {
    const { numbers } = newNumbers();
    numbers.end(numbers.add(SOCKET), false);
    assert.equal(numbers.size, 0);
  });

  it('keeps one that ended as long as the ring may have records of it', () => {
    const { words, numbers } = newNumbers();
    const number = numbers.add(SOCKET);
    words[HEAD] = 5;
    numbers.end(number, true);
    words[HEAD] = 9;
    words[TAIL] = 4;
    const other = numbers.add({ ...SOCKET, containerId: 'c2' });
    assert.deepEqual(numbers.get(number), SOCKET);
    words[TAIL] = 5;
    numbers.end(other, false);
    assert.equal(numbers.get(number), undefined);
    assert.equal(numbers.size, 0);
  });

  it('never has more than live ones and those of records in the ring, through churn', () => {
    const { words, numbers } = newNumbers();
    for (let i = 0; i < 1000; i++) {
      const number = numbers.add(SOCKET);
      words[HEAD]++;
      words[TAIL] = Math.max(0, words[HEAD] - 8);
      numbers.end(number, true);
      assert.ok(numbers.size <= 8, String(numbers.size));
    }
  });
});
