import { conversations } from './support/conversation.js';
import { c, s, times } from './support/steps.js';

const HTTP2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = Buffer.from('\0\0\0\x04\0\0\0\0\0', 'latin1');

const STRANGE = '[1 unknown_protocol]';

describe('what is neither JSON nor HTTP is an unknown protocol, once', () => {
  conversations({
    'containerd and other gRPC: HTTP/2': {
      steps: [c(HTTP2, SETTINGS), s(SETTINGS), c(Buffer.alloc(200, 1)), s(Buffer.alloc(200, 2))],
      told: STRANGE,
    },
    'ssh-agent': {
      steps: times(2, () => [c(Buffer.from([0, 0, 0, 1, 11])), s(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]))]),
      told: STRANGE,
    },
    'i3 and sway': {
      steps: [c('i3-ipc\0\0\0\0\x07\0\0\0'), s('i3-ipc\x10\0\0\0\x07\0\0\0{"human_readable"')],
      told: STRANGE,
    },
    'HAProxy: its commands': {
      steps: times(3, () => [c('show info\n'), s('Name: HAProxy\nVersion: 2.8\nUptime: 0d\n\n')]),
      told: STRANGE,
    },
    memcached: {
      steps: times(3, () => [c('get foo\r\n'), s('VALUE foo 0 3\r\nbar\r\nEND\r\n')]),
      told: STRANGE,
    },
    SMTP: {
      steps: [
        s('220 mx ESMTP\r\n'),
        c('EHLO a\r\n'),
        s('250-mx\r\n250 8BITMIME\r\n'),
        c('QUIT\r\n'),
        s('221 bye\r\n'),
      ],
      told: STRANGE,
    },
    syslog: {
      steps: times(8, () => c('<34>Oct 11 22:14:15 host su: failed for root on /dev/pts/8\n')),
      told: STRANGE,
    },
  });
});
