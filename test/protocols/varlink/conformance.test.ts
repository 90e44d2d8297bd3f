import { RECV, SEND } from '../../../src/protocols/direction.js';
import { varlink } from '../../../src/protocols/varlink/protocol.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { call, failure, reply } from './wire.js';

const turn = (asked: Buffer, answered: Buffer): SampleMessage[] => [
  { direction: SEND, units: [asked] },
  { direction: RECV, units: [answered] },
];

conformsToProtocol(varlink, [
  {
    name: 'calls that have one reply each',
    messages: [
      ...turn(call('io.systemd.UserDatabase.GetUserRecord'), reply()),
      ...turn(
        call('io.systemd.UserDatabase.GetGroupRecord'),
        failure('io.systemd.UserDatabase.NoRecordFound'),
      ),
      ...turn(call('org.varlink.service.GetInfo', { more: false }), reply({ continues: false })),
      ...turn(call('org.varlink.service.GetInfo'), reply()),
    ],
  },
]);
