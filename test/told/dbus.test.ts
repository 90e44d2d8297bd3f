import {
  CLIENT_LINES,
  call,
  dbusMessage,
  failure,
  NO_REPLY_EXPECTED,
  reply,
  SERVER_LINES,
} from '../protocols/dbus/wire.js';
import { conversations } from './support/conversation.js';
import { c, s, times } from './support/steps.js';

const BUS = 'org.freedesktop.DBus';
const HELLO = [c(CLIENT_LINES), s(SERVER_LINES), c(call(1, 'Hello')), s(reply(1, { destination: ':1.7' }))];
const LONG = { signature: 's', body: Buffer.alloc(5000, 'a') };

describe('what is said on D-Bus is told as both ends know it', () => {
  conversations({
    'calls of a client, one of which fails and one of which nobody answers': {
      steps: [
        HELLO,
        times(5, (i) => [c(call(i + 2, 'ListNames')), s(reply(i + 2, LONG))]),
        [c(call(9, 'GetNameOwner', LONG)), s(failure(9, `${BUS}.Error.NameHasNoOwner`, LONG))],
        c(call(10, 'GetNameOwner')),
        c(call(11, 'Ping', { flags: NO_REPLY_EXPECTED })),
      ],
      told:
        `1 ${BUS}.Hello, 5 ${BUS}.ListNames, 1 ${BUS}.GetNameOwner ${BUS}.Error.NameHasNoOwner, ` +
        `1 ${BUS}.GetNameOwner no_response, 1 ${BUS}.Ping noted`,
      ms: 'any',
    },
    'a service that several call with the same numbers': {
      steps: [
        HELLO,
        times(3, (i) => s(call(5, 'Get', { sender: `:1.${i}`, ...LONG }))),
        times(3, (i) => c(reply(5, { destination: `:1.${2 - i}`, ...LONG }))),
      ],
      told: `1 ${BUS}.Hello, 3 ${BUS}.Get`,
      ms: 'any',
    },
    'signals, in either byte order': {
      steps: [
        HELLO,
        times(10, (i) =>
          s(
            dbusMessage({
              type: 4,
              serial: i + 1,
              path: '/',
              interface: 'a.B',
              member: 'Changed',
              isBig: i % 2 === 0,
            }),
          ),
        ),
      ],
      told: `1 ${BUS}.Hello, 10 a.B.Changed noted`,
      ms: 'any',
    },
  });
});
