import assert from 'node:assert/strict';
import { Monitor } from '../../src/index.js';
import { REGISTRATION } from '../monitor/support.js';

describe('Monitor, closed by its own strategy', () => {
  for (const what of ['socket', 'monitor'] as const) {
    it(`records no operation of a closed ${what}, and can be read`, () => {
      let close = () => {};
      const keep = () => {
        close();
        return 10;
      };
      const monitor = new Monitor({ strategy: { keep } });
      const socket = monitor.register(REGISTRATION);
      socket.recordSend(Buffer.from('before'));
      close = () => (what === 'socket' ? socket.close() : monitor.close());
      socket.recordSend(Buffer.from('while it closes'));
      const [record, ...others] = monitor.getSendData().records;
      assert.equal(Buffer.from(record.data).toString(), 'before');
      assert.deepEqual(others, []);
    });
  }
});
