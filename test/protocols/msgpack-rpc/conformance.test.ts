import { RECV, SEND } from '../../../src/protocols/direction.js';
import { msgpackRpc } from '../../../src/protocols/msgpack-rpc/protocol.js';
import { conformsToProtocol } from '../conformance.js';
import { call, failure, notice, reply } from './wire.js';

conformsToProtocol(msgpackRpc, [
  {
    name: 'calls in both directions',
    messages: [
      { direction: SEND, units: [call(0, 'nvim_get_api_info')] },
      {
        direction: RECV,
        units: [reply(0, [1, { version: { major: 0 }, functions: ['a'.repeat(40), -5, 1.5] }])],
      },
      { direction: SEND, units: [call(300, 'nvim_command', 'x'.repeat(300))] },
      { direction: RECV, units: [notice('redraw', ['flush', []], { a: [true, null] })] },
      { direction: RECV, units: [failure(300, [0, 'Vim:E492: Not an editor command'])] },
      { direction: RECV, units: [call(70000, 'ask', new Uint8Array(9))] },
      { direction: SEND, units: [reply(70000, 'yes')] },
      { direction: SEND, units: [call(5_000_000_000n, 'nvim_eval', '1')] },
      { direction: RECV, units: [reply(5_000_000_000n, 1)] },
    ],
  },
]);
