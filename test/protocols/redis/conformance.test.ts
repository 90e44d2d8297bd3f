import { RECV, SEND } from '../../../src/protocols/direction.js';
import type { Protocol } from '../../../src/protocols/protocol.js';
import { redis } from '../../../src/protocols/redis/protocol.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { command, error, list, NIL, number, OK, text } from './wire.js';

const turn = (asked: Buffer | string, answered: Buffer): SampleMessage[] => [
  { direction: SEND, units: [asked] },
  { direction: RECV, units: [answered] },
];

/** Behind it, it is not known which database is used, as behind a loss. */
const selectUnknown = turn(command('SELECT', '0000000001'), OK);

conformsToProtocol(redis, [
  {
    name: 'commands and replies of RESP2',
    messages: [
      ...selectUnknown,
      ...turn(command('SET', 'key', 'a value\r\n+OK\r\n'), OK),
      ...turn(command('get', 'key'), text('a value')),
      ...turn(command('LPUSH', 'key', 'x'), error('WRONGTYPE Operation against a key')),
      ...turn(command('CONFIG', 'GET', 'save'), list([text('save'), NIL])),
      ...turn(command('INCR', 'n'), number(12)),
    ],
  },
  {
    name: 'replies of RESP3',
    messages: [
      ...selectUnknown,
      ...turn(command('HELLO', '3'), list([text('server'), text('redis'), text('id'), number(3)], '%')),
      ...turn(command('PING'), text('PONG')),
      ...turn(command('HGETALL', 'h'), list([text('a'), list([Buffer.from('_\r\n')], '~')], '%')),
      ...turn(command('GET', 'x'), Buffer.from('!8\r\nERR a\r\nb\r\n')),
    ],
  },
]);

/** Lines are told of once something has shown that they are of Redis. */
const shown: Protocol = {
  ...redis,
  createDecoder: (sink, settings) => {
    const decoder = redis.createDecoder(sink, settings);
    const pushed = Buffer.from('>1\r\n+invalidate\r\n\0');
    decoder.data(RECV, pushed, 0, pushed.length - 1, 0);
    return decoder;
  },
};

conformsToProtocol(shown, [
  {
    name: 'lines, as people type them',
    messages: [
      ...turn('SELECT 0000000001\r\n', OK),
      ...turn('PING\r\n', text('PONG')),
      ...turn('set key "a value"\n', OK),
      ...turn('config get save\r\n', list([text('save'), NIL])),
      ...turn('get key\r\n', error('ERR no')),
    ],
  },
]);
