import { conversations } from './support/conversation.js';
import { c, s, times } from './support/steps.js';

const redis = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

/** PostgreSQL: version 3.0 and parameters, and what a server says to it. */
const POSTGRES_START = Buffer.from('\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1');
const POSTGRES_READY = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1');
const MYSQL_GREETING = Buffer.from('\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff', 'latin1');
const HTTP2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = Buffer.from('\0\0\0\x04\0\0\0\0\0', 'latin1');

const STRANGE = '[1 unknown_protocol]';

describe('what is neither JSON nor HTTP is an unknown protocol, once', () => {
  conversations({
    'containerd and other gRPC: HTTP/2': {
      steps: [c(HTTP2, SETTINGS), s(SETTINGS), c(Buffer.alloc(200, 1)), s(Buffer.alloc(200, 2))],
      told: STRANGE,
    },
    PostgreSQL: {
      steps: [c(POSTGRES_START), s(POSTGRES_READY), c('Q\0\0\0\rSELECT 1\0'), s(POSTGRES_READY)],
      told: STRANGE,
    },
    MySQL: {
      steps: [s(MYSQL_GREETING), c(Buffer.alloc(80, 3)), s(Buffer.from([7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]))],
      told: STRANGE,
    },
    Redis: { steps: times(5, () => [c(redis('GET', 'a')), s('$5\r\nhello\r\n')]), told: STRANGE },
    'Redis, values that are JSON': {
      steps: times(5, () => [c(redis('GET', 'a')), s(`$21\r\n{"id":1,"result":"x"}\r\n`)]),
      told: STRANGE,
    },
    'D-Bus': {
      steps: [
        c('\0AUTH EXTERNAL 31303030\r\n'),
        s('OK 1234deadbeef\r\n'),
        c('NEGOTIATE_UNIX_FD\r\nBEGIN\r\n'),
        c(Buffer.from('l\x01\0\x01\0\0\0\0\x01\0\0\0m\0\0\0', 'latin1')),
      ],
      told: STRANGE,
    },
    'Neovim: msgpack': {
      steps: [
        c(Buffer.from('940000b16e76696d5f6765745f6170695f696e666f90', 'hex')),
        s(Buffer.from('940100c0c3', 'hex')),
      ],
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
