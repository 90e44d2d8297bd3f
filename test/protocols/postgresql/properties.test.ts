import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { postgresql } from '../../../src/protocols/postgresql/protocol.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import { BOUND, columns, complete, error, PARSED, ready, row, WELCOME } from './wire.js';

interface PgMessage {
  readonly name: string;
  readonly code?: string;
}

// The parser is not among what the package exports.
const { Parser } = createRequire(import.meta.url)('pg-protocol/dist/parser.js') as {
  Parser: new () => { parse(bytes: Buffer, heard: (message: PgMessage) => void): void };
};

/** A statement, simple or extended, and what is answered: so many rows, and an error or none. */
const turns = fc.array(
  fc.record({
    isExtended: fc.boolean(),
    text: fc.constantFrom('SELECT a FROM b', "INSERT INTO b VALUES ('x')", 'BEGIN', 'no SQL'),
    rows: fc.nat(20),
    sqlstate: fc.option(fc.constantFrom('22012', '40001', '42P01', '57014'), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 12 },
);
type Turn = Parameters<Parameters<typeof turns.map>[0]>[0][number];

const asked = ({ isExtended, text }: Turn) =>
  isExtended
    ? Buffer.concat([
        serialize.parse({ text }),
        serialize.bind({ values: [null, 'value'] }),
        serialize.describe({ type: 'P' }),
        serialize.execute({}),
        serialize.sync(),
      ])
    : serialize.query(text);

const answered = ({ isExtended, rows, sqlstate }: Turn) =>
  Buffer.concat([
    ...(isExtended ? [PARSED, BOUND] : []),
    columns(),
    ...Array.from({ length: rows }, (_, i) => row(`row ${i}`)),
    sqlstate === undefined ? complete(`SELECT ${rows}`) : error(sqlstate),
    ready(),
  ]);

/** What a client of its parser knows: the error of each turn, if it had one. */
function outcomesOf(bytes: Buffer): string[] {
  const outcomes: string[] = [];
  let code = 'ok';
  new Parser().parse(Buffer.from(bytes), (message) => {
    if (message.name === 'error') code = message.code ?? '';
    else if (message.name === 'readyForQuery') {
      outcomes.push(code);
      code = 'ok';
    }
  });
  return outcomes;
}

describe('PostgreSQL as pg-protocol writes and reads it', () => {
  it('has a call with the same outcome for each turn, however the bytes come', () => {
    fc.assert(
      fc.property(turns, fc.integer({ min: 1, max: 200 }), fc.boolean(), (all, size, isAhead) => {
        const ear = new Ear(postgresql)
          .data(SEND, serialize.startup({ user: 'app', database: 'shop' }))
          .data(RECV, Buffer.concat(WELCOME));
        const say = (direction: typeof SEND | typeof RECV, bytes: Buffer) => {
          for (let at = 0; at < bytes.length; at += size) ear.data(direction, bytes.subarray(at, at + size));
        };
        if (isAhead) for (const turn of all) say(SEND, asked(turn));
        for (const turn of all) {
          if (!isAhead) say(SEND, asked(turn));
          say(RECV, answered(turn));
        }
        const responses = ear.heard.flatMap((one) => (one.kind === 'response' ? [one] : []));
        assert.deepEqual(
          responses.map(({ error: failed, doubt }) => failed?.code ?? doubt ?? 'ok'),
          outcomesOf(Buffer.concat(all.map(answered))),
        );
        assert.equal(ear.heard.length, 2 * all.length);
      }),
      { numRuns: runs(300) },
    );
  });
});
