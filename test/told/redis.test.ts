import {
  command,
  error,
  list,
  NIL,
  number,
  OK,
  published,
  QUEUED,
  status,
  text,
} from '../protocols/redis/wire.js';
import { conversations } from './support/conversation.js';
import { c, long, loss, pause, s, times } from './support/steps.js';

const GET = command('GET', 'a');
const all = (...parts: Buffer[]) => Buffer.concat(parts);
const several = (count: number, part: Buffer) => all(...Array.from({ length: count }, () => part));
const HELLO = list([text('server'), text('redis'), text('proto'), number(3)], '%');

describe('what clients of Redis say is told as they know it', () => {
  conversations({
    'redis-cli: what it asks first, and commands': {
      steps: [
        [
          c(command('COMMAND', 'DOCS')),
          s(list(Array.from({ length: 40 }, () => list([text('summary'), text(long(200))])))),
        ],
        times(5, (i) => [c(command('SET', `k${i}`, long(300 * i))), s(OK)]),
        times(5, (i) => [c(command('GET', `k${i}`)), s(text(long(300 * i)))]),
        [c(command('LPUSH', 'k0', 'x')), s(error(`WRONGTYPE ${long(300)}`))],
        [c(command('NOPE', 'secret')), s(error("ERR unknown command 'NOPE'"))],
      ],
      told: '1 COMMAND:DOCS, 5 SET, 5 GET, 1 LPUSH WRONGTYPE, 1 _OTHER ERR',
    },
    'redis-benchmark -P 16: all at once': {
      steps: times(4, () => [c(several(16, GET)), s(several(16, text(long(30))))]),
      told: '64 GET',
    },
    'health checks: lines': {
      steps: times(3, () => [c('PING\r\n'), s(status('PONG'))]),
      told: '3 PING',
    },
    'a client that speaks RESP3, and is told what has changed': {
      steps: [
        [
          c(all(command('HELLO', '3', 'AUTH', 'default', 'secret'), command('CLIENT', 'TRACKING', 'ON'))),
          s(HELLO, OK),
        ],
        times(4, () => [c(GET), s(list([text('invalidate'), list([text(long(40))])], '>'), text(long(20)))]),
      ],
      told: '1 HELLO, 1 CLIENT:TRACKING, 4 GET',
    },
    'a subscriber, which hears much': {
      steps: [
        c(command('SUBSCRIBE', 'a', 'b')),
        s(published('subscribe', 'a', number(1)), published('subscribe', 'b', number(2))),
        times(6, (i) => s(published('message', 'a', text(long(200 * i))))),
        [
          c(command('UNSUBSCRIBE')),
          s(published('unsubscribe', 'a', number(1)), published('unsubscribe', 'b', number(0))),
        ],
      ],
      told: '1 SUBSCRIBE, 1 UNSUBSCRIBE',
    },
    'a transaction in one piece, with an error in it': {
      steps: [
        c(all(command('MULTI'), command('SET', 'a', long(20)), command('INCR', 'a'), command('EXEC'))),
        s(all(OK, QUEUED, QUEUED, list([OK, error('ERR value is not an integer or out of range')]))),
      ],
      told: '1 MULTI, 1 SET, 1 INCR ERR, 1 EXEC',
    },
    'a queue: BLPOP that times out, and one that nobody answers': {
      steps: [
        [c(command('BLPOP', 'q', '1')), pause(1000), s(Buffer.from('*-1\r\n'))],
        c(command('BLPOP', 'q', '0')),
      ],
      told: '1 BLPOP, 1 BLPOP no_response',
      ms: 'any',
    },
    'a client that wants no replies': {
      steps: [
        c(command('CLIENT', 'REPLY', 'OFF')),
        times(5, () => c(command('SET', 'a', long(40)))),
        [c(command('CLIENT', 'REPLY', 'ON')), s(OK)],
        [c(GET), s(NIL)],
      ],
      told: '1 CLIENT:REPLY noted, 5 SET noted, 1 CLIENT:REPLY, 1 GET',
    },
    'values that are JSON, and messages of JSON-RPC': {
      steps: times(5, () => [c(GET), s(text('{"id":1,"result":"x"}'))]),
      told: '5 GET',
    },
    'a client that sends ahead, of which something is lost': {
      steps: [
        times(3, () => [c(several(8, GET)), s(several(8, NIL))]),
        c(several(8, GET)),
        loss,
        times(3, () => [c(several(8, GET)), s(several(8, error('ERR')))]),
      ],
      told: '24 GET, 24 GET ERR',
      isLossy: true,
    },
  });
});
