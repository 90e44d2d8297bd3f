import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { type Wire, wires } from '../jsonrpc/wire.js';

function messagesOf(wire: Wire): SampleMessage[] {
  const requests = [
    // Not that which initializes a session: what comes behind it has its version only if it was seen.
    '{"method":"prompts/get","params":{"name":"p","arguments":{}},"jsonrpc":"2.0","id":0}',
    '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"m\\u00e9","arguments":{"name":"decoy"}}}',
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"arguments":{"name":"}"},"name":"b"}}',
    '{"method":"notifications/progress","params":{"progressToken":3,"progress":1},"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":4,"method":"ping"}',
  ];
  const responses = [
    '{"result":{"messages":[{"role":"user"}]},"jsonrpc":"2.0","id":0}',
    '{"result":{"content":[{"type":"text","text":"isError"}],"isError":true},"jsonrpc":"2.0","id":"a"}',
    '{"jsonrpc":"2.0","id":3,"result":{"content":[],"isError":false}}',
    '{"jsonrpc":"2.0","id":9,"error":{"code":-32602,"message":"Unknown tool"}}',
    '{"jsonrpc":"2.0","id":4,"result":{}}',
  ];
  return requests.flatMap((request, i) => [
    { direction: SEND, units: wire.request(request) },
    { direction: RECV, units: wire.response(responses[i]) },
  ]);
}

conformsToProtocol(
  PROTOCOLS.mcp,
  wires.map((wire) => ({ name: wire.name, messages: messagesOf(wire) })),
);
