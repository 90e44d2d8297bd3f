import assert from 'node:assert/strict';
import { Decoder as ReplyDecoder } from '@redis/client/dist/lib/RESP/decoder.js';
import encoder from '@redis/client/dist/lib/RESP/encoder.js';
import fc from 'fast-check';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { redis } from '../../../src/protocols/redis/protocol.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import { error, list, NIL, number, status, text } from './wire.js';

/** What is told of an error, by its text. */
const CODES: Readonly<Record<string, string>> = {
  'ERR no': 'ERR',
  WRONGTYPE: 'WRONGTYPE',
  'MOVED 3999 127.0.0.1:6381': 'MOVED',
  'NOAUTHx a': '_OTHER',
  'hunter2 ': '_OTHER',
  '': '_OTHER',
};
/** What is told of a command, by what it begins with. */
const METHODS: readonly (readonly [method: string, ...words: string[]])[] = [
  ['GET', 'GET'],
  ['GET', 'gEt'],
  ['OBJECT ENCODING', 'object', 'Encoding'],
  ['OBJECT', 'OBJECT', 'GET'],
  ['JSON.SET', 'JSON.SET'],
  ['_OTHER', 'GETS'],
  ['_OTHER', 'hunter2'],
  ['_OTHER', ''],
];

const line = fc.string({ maxLength: 12 }).map((value) => value.replaceAll(/[\r\n]/g, '$'));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value)),
  fc
    .constantFrom('\r\n', '*1\r\n$4\r\nPING\r\n', '+OK\r\n-ERR\r\n', '$5\r\n')
    .map((value) => Buffer.from(value)),
);
const failure = fc.constantFrom(...Object.keys(CODES));
const blob = (type: string, value: Buffer) =>
  Buffer.concat([Buffer.from(`${type}${value.length}\r\n`), value, Buffer.from('\r\n')]);

/** Any value of RESP2 or RESP3 that the client reads, too. */
const { value } = fc.letrec<{ value: Buffer; aggregate: Buffer }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    line.filter((word) => word !== 'QUEUED').map(status),
    bytes.map((each) => text(each)),
    fc.integer().map(number),
    fc.constantFrom(
      NIL,
      ...['*-1', '_', '#t', '#f', ',1.5', ',-inf', '(12345678901234567890'].map((each) =>
        Buffer.from(`${each}\r\n`),
      ),
    ),
    bytes.map((each) => blob('=', Buffer.concat([Buffer.from('txt:'), each]))),
    failure.map(error),
    failure.map((each) => blob('!', Buffer.from(each))),
    tie('aggregate'),
  ),
  aggregate: fc.oneof(
    fc
      .tuple(fc.constantFrom('*', '~'), fc.array(tie('value'), { maxLength: 4 }))
      .map(([type, all]) => list(all, type)),
    fc.array(tie('value'), { maxLength: 3 }).map((all) =>
      list(
        all.flatMap((each, i) => [text(`k${i}`), each]),
        '%',
      ),
    ),
  ),
}));
const pushed = fc.array(value, { maxLength: 2 }).map((all) => list([text('invalidate'), ...all], '>'));
const command = fc.record({
  name: fc.constantFrom(...METHODS),
  others: fc.array(fc.oneof(bytes, line), { maxLength: 4 }),
});
const turn = fc.record({ command, reply: value, before: fc.oneof(fc.constant(Buffer.alloc(0)), pushed) });
/** Sizes of the pieces that a stream comes in, over and over. */
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe('any commands and replies', () => {
  it('are told as the client of Node.js writes and reads them, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(turn, { minLength: 1, maxLength: 12 }),
        sizes,
        fc.boolean(),
        (turns, pieces, isAhead) => {
          const ear = new Ear(redis);
          for (const some of isAhead ? [turns] : turns.map((each) => [each])) {
            hear(
              ear,
              SEND,
              Buffer.concat(
                some.map(({ command: { name, others } }) => written([...name.slice(1), ...others])),
              ),
              pieces,
            );
            hear(ear, RECV, Buffer.concat(some.flatMap(({ before, reply }) => [before, reply])), pieces);
          }
          assert.deepEqual(ear.listener.reasons, []);
          assert.deepEqual(
            ear.listener.requests.map(({ method }) => method),
            turns.map(({ command: { name } }) => name[0]),
          );
          const outcomes = ear.listener.responses.map(({ error: failed, doubt }) => failed?.code ?? doubt);
          assert.deepEqual(
            outcomes,
            outcomesOf(Buffer.concat(turns.flatMap(({ before, reply }) => [before, reply]))),
          );
          assert.deepEqual(
            ear.listener.responses.map(({ id }) => id),
            ear.listener.requests.map(({ id }) => id),
          );
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

function hear(ear: Ear, direction: Direction, stream: Buffer, pieces: readonly number[]): void {
  for (let at = 0, i = 0; at < stream.length; at += pieces[i++ % pieces.length]) {
    ear.data(direction, stream.subarray(at, at + pieces[i % pieces.length]));
  }
}

/** As the client writes it. */
function written(args: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(encoder.default(args).map((part) => Buffer.from(part)));
}

/** As the client reads them: the code of what is an error. */
function outcomesOf(replies: Buffer): (string | undefined)[] {
  const outcomes: (string | undefined)[] = [];
  const decoder = new ReplyDecoder({
    onReply: () => outcomes.push(undefined),
    onErrorReply: ({ message }) => outcomes.push(CODES[message]),
    onPush: () => undefined,
    getTypeMapping: () => ({}),
  });
  decoder.write(replies);
  return outcomes;
}
