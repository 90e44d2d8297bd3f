import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { mysql } from '../../../src/protocols/mysql/protocol.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import { failure, greeting, login, ok, query, rows } from './wire.js';

interface Packet {
  isError(): boolean;
  asError(encoding: string): { errno: number };
}

const require = createRequire(import.meta.url);
// The parser is not among what the package exports.
const PacketParser = require(
  join(dirname(require.resolve('mysql2/package.json')), 'lib/packet_parser.js'),
) as new (
  heard: (packet: Packet) => void,
) => { execute(bytes: Buffer): void };

/** What a query is answered with: nothing but an outcome, or so many rows before it. */
const answers = fc.array(
  fc.record({
    rows: fc.option(fc.nat(20), { nil: undefined }),
    isDeprecating: fc.boolean(),
    errno: fc.option(fc.constantFrom(1062, 1146, 1213, 1317, 3024), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 12 },
);
type Answer = Parameters<Parameters<typeof answers.map>[0]>[0][number];

function bytesOf({ rows: count, isDeprecating, errno }: Answer): Buffer {
  if (count === undefined) return errno === undefined ? ok() : failure(errno);
  const values = Array.from({ length: count }, (_, i) => [String(i), 'x'.repeat(i * 7)]);
  const end = errno === undefined ? {} : { end: (number: number) => failure(errno, { number }) };
  return rows(values, { isDeprecating, ...end });
}

/** How an answer ends to mysql2. */
function outcomeOf(bytes: Buffer): string {
  let outcome = '';
  const parser = new PacketParser((packet) => {
    outcome = packet.isError() ? String(packet.asError('utf8').errno) : 'ok';
  });
  parser.execute(Buffer.from(bytes));
  return outcome;
}

describe('MySQL as mysql2 reads it', () => {
  it('has a call with the same outcome and as many bytes for each answer, however the bytes come', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 200 }), fc.boolean(), (all, size, isAhead) => {
        const ear = new Ear(mysql).data(RECV, greeting()).data(SEND, login()).data(RECV, ok(2));
        const ask = () => ear.data(SEND, query('SELECT a FROM b'));
        const say = (bytes: Buffer) => {
          for (let at = 0; at < bytes.length; at += size) ear.data(RECV, bytes.subarray(at, at + size));
        };
        if (isAhead) all.forEach(ask);
        for (const answer of all) {
          if (!isAhead) ask();
          say(bytesOf(answer));
        }
        const told = ear.heard.flatMap((one) => (one.kind === 'response' ? [one] : []));
        assert.deepEqual(
          told.map(({ error, doubt, bytes }) => [error?.code ?? doubt ?? 'ok', bytes]),
          all.map(bytesOf).map((bytes) => [outcomeOf(bytes), bytes.length]),
        );
        assert.equal(ear.heard.length, 2 * all.length);
      }),
      { numRuns: runs(300) },
    );
  });
});
