import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MYSQL, POSTGRESQL, type SqlDialect } from '../../../src/protocols/sql/dialect.js';
import { summaryOf } from './summary-of.js';

/** Stands in every literal. */
const SECRET = 'hunter';
const RUNS = 3_000;

const inner = fc.string({
  unit: fc.constantFrom(
    'x',
    ' ',
    '\\',
    "'",
    '"',
    '`',
    ';',
    '--',
    '/*',
    '*/',
    '$',
    '$$',
    '#',
    '(',
    ')',
    ' FROM ',
    ' JOIN ',
    '\n',
    ',',
    'é',
    '1',
  ),
});
const secret = fc.tuple(inner, inner).map(([before, after]) => `${before}${SECRET}${after}`);

/** As the drivers of each write a literal. */
const LITERALS: readonly (readonly [string, SqlDialect, readonly ((text: string) => string)[]])[] = [
  [
    'PostgreSQL',
    POSTGRESQL,
    [
      (text) => `'${text.replaceAll("'", "''")}'`,
      (text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
      (text) => `e'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
      (text) => `$q$${text.replaceAll('$', 's')}$q$`,
      (text) => `$$${text.replaceAll('$', 's')}$$`,
      (text) => `U&'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`,
      (text) => `N'${text.replaceAll("'", "''")}'`,
      (text) =>
        `/* ${text.replaceAll('*/', '').replaceAll('/*', '').replaceAll('*', '').replaceAll('/', '')} */ 1`,
      (text) => `-- ${text.replaceAll('\n', '')}\n 1`,
    ],
  ],
  [
    'MySQL',
    MYSQL,
    [
      (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
      (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
      (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
      (text) => `_utf8mb4'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
      (text) => `N'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
      // Without escapes (NO_BACKSLASH_ESCAPES).
      (text) => `'${text.replaceAll("'", "''")}'`,
      (text) => `/* ${text.replaceAll('*/', '')} */ 1`,
      (text) => `# ${text.replaceAll('\n', '')}\n 1`,
    ],
  ],
];

const TEMPLATES = [
  'SELECT a FROM b WHERE c = ? AND d IN (?, ?)',
  'INSERT INTO a (b, c) VALUES (?, ?), (?, ?)',
  'SELECT ?, ? FROM a JOIN b ON c = ? JOIN d ON e = ? UNION SELECT ? FROM f, g',
  'UPDATE a SET b = ?, c = ? FROM d, e WHERE f = ?; DELETE FROM g WHERE h = ?; CALL i(?)',
  'CREATE TABLE a (b text DEFAULT ?) COMMENT ?; SELECT ? FROM ?, ? JOIN ?',
  'WITH a AS (SELECT ? FROM b) SELECT * FROM a, ? WHERE c LIKE ? ESCAPE ?',
  'SET a = ?; EXECUTE ?; USE ?; COPY ? FROM ?; LOAD DATA INFILE ? INTO TABLE a',
];

describe('the summary of any SQL', () => {
  for (const [name, dialect, writers] of LITERALS) {
    it(`has nothing of a literal of ${name}, whole or cut`, () => {
      const literal = fc.tuple(secret, fc.constantFrom(...writers)).map(([text, write]) => write(text));
      const statement = fc
        .tuple(fc.constantFrom(...TEMPLATES), fc.array(literal, { minLength: 8, maxLength: 8 }))
        .map(([template, literals]) => {
          let next = 0;
          return template.replaceAll('?', () => literals[next++ % literals.length]);
        });
      fc.assert(
        fc.property(statement, fc.double({ min: 0, max: 1, noNaN: true }), (text, ratio) => {
          const cut = text.slice(0, Math.floor(text.length * ratio));
          for (const summary of [summaryOf(text, dialect), summaryOf(cut, dialect, true)]) {
            for (let i = 0; i + 3 <= SECRET.length; i++) {
              assert.ok(!summary.includes(SECRET.slice(i, i + 3)), `${summary} of ${text}`);
            }
          }
        }),
        { numRuns: RUNS },
      );
    });

    it(`is printable and bounded, in the SQL of ${name}`, () => {
      const word = fc.constantFrom(
        ...'SELECT FROM JOIN , ( ) ; a b.c INSERT INTO UPDATE SET DELETE USING WITH AS CREATE TABLE INDEX ON 1 . EXPLAIN CALL * LOAD'.split(
          ' ',
        ),
      );
      const text = fc.array(fc.oneof(word, fc.string({ unit: 'binary-ascii', maxLength: 3 })), {
        maxLength: 60,
      });
      fc.assert(
        fc.property(text, (parts) => {
          const summary = summaryOf(parts.join(' '), dialect);
          assert.ok(summary.length <= 255);
          assert.ok(
            [...summary].every((character) => character >= ' ' && character !== '\x7f'),
            summary,
          );
        }),
        { numRuns: RUNS },
      );
    });
  }
});
