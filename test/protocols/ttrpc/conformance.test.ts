import { RECV, SEND } from '../../../src/protocols/direction.js';
import { ttrpc } from '../../../src/protocols/ttrpc/protocol.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { DATA, failure, frame, REMOTE_CLOSED, request, response } from './wire.js';

const turn = (asked: Buffer, answered: Buffer): SampleMessage[] => [
  { direction: SEND, units: [asked] },
  { direction: RECV, units: [answered] },
];
const TASK = 'containerd.task.v2.Task';

conformsToProtocol(ttrpc, [
  {
    name: 'calls',
    messages: [
      ...turn(request(1, TASK, 'Connect'), response(1)),
      ...turn(request(3, TASK, 'Kill'), failure(3, 5)),
      ...turn(request(5, TASK, 'Pids', { payload: Buffer.alloc(0) }), response(5, Buffer.alloc(90, 8))),
      ...turn(
        request(7, 'streaming', 'Watch', { flags: REMOTE_CLOSED }),
        frame(7, DATA, Buffer.from('last'), REMOTE_CLOSED),
      ),
    ],
  },
]);
