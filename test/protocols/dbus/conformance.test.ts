import { dbus } from '../../../src/protocols/dbus/protocol.js';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { CLIENT_LINES, call, failure, reply, SERVER_LINES } from './wire.js';

const turns = (isBig: boolean): SampleMessage[] => [
  { direction: SEND, units: [CLIENT_LINES, call(1, 'Hello', { isBig })] },
  {
    direction: RECV,
    units: [SERVER_LINES, reply(1, { isBig, destination: ':1.7', signature: 's', body: Buffer.alloc(9, 5) })],
  },
  ...[2, 3, 4].flatMap((serial): SampleMessage[] => [
    {
      direction: SEND,
      units: [call(serial, `Get${serial}`, { isBig, signature: 's', body: Buffer.alloc(40, 6) })],
    },
    {
      direction: RECV,
      units: [
        serial === 3 ? failure(3, 'org.freedesktop.DBus.Error.Failed', { isBig }) : reply(serial, { isBig }),
      ],
    },
  ]),
];

conformsToProtocol(dbus, [
  { name: 'little-endian messages', messages: turns(false) },
  { name: 'big-endian messages', messages: turns(true) },
]);
