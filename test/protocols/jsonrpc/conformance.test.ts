import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { type Wire, wires } from './wire.js';

function messagesOf(wire: Wire): SampleMessage[] {
  const requests = [
    '{"jsonrpc":"2.0","method":"eth_call","params":[{"method":"decoy","id":9},"latest"],"id":1}',
    '{"jsonrpc":"2.0","id":"a\\u00e9","method":"m\\u00e9","params":{"_meta":{"x":"}"},"text":"日本"}}',
    '{"id":3,"method":"tools/call"}',
    '{"method":"notify","params":[[[]]]}',
    '{"jsonrpc":"2.0","id":0,"method":"last"}',
  ];
  const responses = [
    '{"jsonrpc":"2.0","id":1.0,"result":{"id":5,"error":{"code":1}}}',
    '{"jsonrpc":"2.0","error":{"code":-32601,"message":"no \\"method\\""},"id":"aé"}',
    '{"id":3,"result":null}',
    '{"result":"\\\\","id":4}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
  ];
  return requests.flatMap((request, i) => [
    { direction: SEND, units: wire.request(request) },
    { direction: RECV, units: wire.response(responses[i]) },
  ]);
}

conformsToProtocol(
  PROTOCOLS.jsonrpc,
  wires.map((wire) => ({ name: wire.name, messages: messagesOf(wire) })),
);
