import assert from 'node:assert/strict';
import { MYSQL, POSTGRESQL } from '../../../src/protocols/sql/dialect.js';
import { summaryOf } from './summary-of.js';

/** By dialect: what a statement is summed up as. */
const BOTH: readonly (readonly [string, string])[] = [
  // Those of the semantic convention.
  ['SELECT * FROM wuser_table WHERE username = ?', 'SELECT wuser_table'],
  [
    'INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = ?',
    'INSERT shipping_details SELECT orders',
  ],
  ['SELECT * FROM songs, artists WHERE songs.artist_id == artists.id', 'SELECT songs artists'],
  [
    'SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)',
    'SELECT SELECT orders customers',
  ],
  ['call some_stored_procedure', 'call some_stored_procedure'],
  // Where names stand.
  ['select a from b', 'select b'],
  ['SELECT 1', 'SELECT'],
  ['SELECT a FROM user', 'SELECT user'],
  [
    'SELECT a FROM b AS x, c y, (d JOIN e ON d.x = e.x), f WHERE a IN (1, 2) ORDER BY g, h',
    'SELECT b c d e f',
  ],
  ['(SELECT a FROM b) UNION ALL (SELECT c FROM d)', 'SELECT b SELECT d'],
  ['SELECT a FROM b WHERE c IN (SELECT d FROM e) AND x', 'SELECT b SELECT e'],
  ['SELECT EXTRACT(YEAR FROM a), TRIM(BOTH FROM c), d IS DISTINCT FROM e FROM f', 'SELECT f'],
  ['SELECT a FROM b LEFT OUTER JOIN c USING (id) CROSS JOIN d', 'SELECT b c d'],
  ['SELECT a FROM x . y', 'SELECT x.y'],
  ['SELECT a FROM b FOR UPDATE', 'SELECT b'],
  ['UPDATE a SET b = 1, c = 2 WHERE d = 3', 'UPDATE a'],
  ['DELETE FROM a WHERE b = 1', 'DELETE a'],
  ['WITH x AS (SELECT a FROM b) SELECT * FROM x', 'SELECT b SELECT x'],
  ['MERGE INTO a USING b ON a.c = b.c WHEN MATCHED THEN UPDATE SET d = 1, e = 2', 'MERGE a b'],
  ['EXPLAIN SELECT a FROM b', 'EXPLAIN SELECT b'],
  ['EXPLAIN ANALYZE UPDATE a SET b = 1', 'EXPLAIN UPDATE a'],
  ['TRUNCATE TABLE a, b', 'TRUNCATE a b'],
  ['START_REPLICATION SLOT "a" 0/3000000 TIMELINE 1', 'START_REPLICATION'],
  ['CREATE_REPLICATION_SLOT "a" TEMPORARY PHYSICAL RESERVE_WAL', 'CREATE_REPLICATION_SLOT'],
  ["BASE_BACKUP (LABEL 'a', MANIFEST 'yes')", 'BASE_BACKUP'],
  ['CREATE TABLE IF NOT EXISTS a.b (c INT REFERENCES d (e), f INT)', 'CREATE TABLE a.b'],
  ['CREATE TABLE a AS SELECT b FROM c', 'CREATE TABLE a SELECT c'],
  ['CREATE UNIQUE INDEX a ON b (c, d)', 'CREATE INDEX a b'],
  ['CREATE OR REPLACE VIEW a AS SELECT b FROM c', 'CREATE VIEW a SELECT c'],
  ['ALTER TABLE a ADD COLUMN b INT, ADD c INT', 'ALTER TABLE a'],
  ['DROP TABLE IF EXISTS a, b', 'DROP TABLE a b'],
  ['CREATE USER alice', 'CREATE USER'],
  ['DROP ROLE alice, bob', 'DROP ROLE'],
  ['GRANT SELECT ON a TO alice', 'GRANT'],
  ['BEGIN', 'BEGIN'],
  ['START TRANSACTION', 'START'],
  ['COMMIT', 'COMMIT'],
  ['SET a = 1', 'SET'],
  ['SHOW TABLES', 'SHOW'],
  ['EXECUTE a(1)', 'EXECUTE a'],
  // Several statements; those that repeat the one before are one.
  ['BEGIN; UPDATE a SET b = 1; UPDATE a SET b = 2;UPDATE a SET b = 3; COMMIT;', 'BEGIN UPDATE a COMMIT'],
  ['SET a = 1; SELECT b FROM c', 'SET SELECT c'],
  ['INSERT INTO a VALUES (1);;INSERT INTO a VALUES (2)', 'INSERT a'],
  // Numbers in names.
  ['SELECT a FROM orders_2026_11_30', 'SELECT orders_{n}_{n}_{n}'],
  ['SELECT a FROM oauth2_tokens, sbtest12, p_0, x1234y', 'SELECT oauth2_tokens sbtest12 p_{n} x{n}y'],
  ['SELECT a FROM tmp_550e8400', 'SELECT tmp_{n}'],
  // No operation that is known.
  ['', ''],
  ['hunter2', ''],
  ['hunter2; SELECT a FROM b', 'SELECT b'],
  [';', ''],
  // Strings, numbers and what is no SQL.
  ["SELECT 'FROM a' FROM b WHERE c = 'it''s JOIN d' AND 1e5.f", 'SELECT b'],
  ['SELECT a FROM 2020_b', 'SELECT'],
  ["SELECT a FROM 'b', c", 'SELECT c'],
  ["SELECT a FROM b WHERE c = 'O'Brien' JOIN secret", 'SELECT b'],
  ["SELECT a FROM b WHERE c = 'x' UNION SELECT d FROM e WHERE f = 'open", 'SELECT b'],
  ["SELECT a FROM b WHERE c = 'x\\' JOIN secret --'", 'SELECT b'],
  ['SELECT a /* FROM b */ FROM c -- JOIN d\n JOIN e /* open JOIN f', 'SELECT c e'],
];

const OF_POSTGRESQL: readonly (readonly [string, string])[] = [
  ['SELECT * FROM "song list", \'artists\'', 'SELECT "song list"'],
  ['SELECT a FROM public."B""c"', 'SELECT public."B""c"'],
  ['SELECT a FROM"b"', 'SELECT "b"'],
  ['UPDATE ONLY a SET b = 1 FROM c, d WHERE e', 'UPDATE a c d'],
  ['DELETE FROM a USING b WHERE c', 'DELETE a b'],
  ['WITH x AS (DELETE FROM a RETURNING b) INSERT INTO c SELECT d FROM x', 'DELETE a INSERT c SELECT x'],
  ['INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 1, d = 2', 'INSERT a'],
  ['COPY a (b, c) FROM STDIN', 'COPY a'],
  ['COPY (SELECT a FROM b) TO STDOUT', 'COPY SELECT b'],
  ['EXPLAIN (ANALYZE, FORMAT JSON) SELECT a FROM b', 'EXPLAIN SELECT b'],
  ['DECLARE a CURSOR FOR SELECT b FROM c', 'DECLARE SELECT c'],
  ['PREPARE a (int) AS UPDATE b SET c = $1', 'PREPARE UPDATE b'],
  ['CREATE FUNCTION a(b int) RETURNS int AS $$ SELECT c FROM d; $$ LANGUAGE sql', 'CREATE FUNCTION a'],
  ['REFRESH MATERIALIZED VIEW CONCURRENTLY a', 'REFRESH a'],
  ['SELECT a FROM generate_series(1, 10), LATERAL (SELECT b FROM c) d', 'SELECT generate_series SELECT c'],
  ["SELECT a FROM b WHERE c = E'it\\'s JOIN d' AND e IN (SELECT f FROM g)", 'SELECT b SELECT g'],
  ['SELECT a FROM b WHERE c = $x$ JOIN $y$ d $x$ AND $1 IN (SELECT e FROM f)', 'SELECT b SELECT f'],
  ['SELECT a FROM b /* /* */ JOIN c */ JOIN d', 'SELECT b d'],
  ['SELECT a FROM U&"\\0062", c', 'SELECT c'],
];

const OF_MYSQL: readonly (readonly [string, string])[] = [
  ['SELECT * FROM `song list`, `b`', 'SELECT `song list` `b`'],
  ['SELECT a FROM "b", c', 'SELECT c'],
  ['SELECT"a" FROM b', 'SELECT b'],
  ["SELECT a FROM b WHERE c = \"it's\" AND d = ' JOIN e'", 'SELECT b'],
  ['INSERT IGNORE INTO a SET b = 1, c = 2', 'INSERT a'],
  ['REPLACE INTO a.b VALUES (1)', 'REPLACE a.b'],
  ["SELECT REPLACE(a, 'b', 'c') FROM d", 'SELECT d'],
  ['INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE b = 1, c = 2', 'INSERT a'],
  ['DELETE a, b FROM a JOIN b USING (id)', 'DELETE a b'],
  ["LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE a (b, c)", 'LOAD a'],
  ['USE shop', 'USE shop'],
  ['SELECT 5--1 FROM a # JOIN b', 'SELECT a'],
  ['/*!40000 ALTER TABLE a DISABLE KEYS */;', 'ALTER TABLE a'],
  ['/*M!100100 SET a = 1 */', 'SET'],
  ['CREATE DEFINER=`root`@`localhost` PROCEDURE a() BEGIN SELECT b FROM c; END', 'CREATE PROCEDURE a'],
  ["SELECT _utf8'b', N'c', @d, @'e f', x'00' FROM g PARTITION (p0, p1)", 'SELECT g'],
  ['SELECT a FROM b LIMIT 5, 10', 'SELECT b'],
  ["CREATE USER 'alice'@'%' IDENTIFIED BY 'secret'", 'CREATE USER'],
];

describe('the summary of SQL', () => {
  for (const [name, dialect, cases] of [
    ['PostgreSQL', POSTGRESQL, [...BOTH, ...OF_POSTGRESQL]],
    ['MySQL', MYSQL, [...BOTH, ...OF_MYSQL]],
  ] as const) {
    it(`has operations and what they are applied to, in the SQL of ${name}`, () => {
      for (const [text, summary] of cases) assert.equal(summaryOf(text, dialect), summary, text);
    });
  }

  it('is that of what was captured, without a word or name that may go on', () => {
    for (const [text, summary] of [
      ['SELECT a FROM orders WHERE', 'SELECT orders'],
      ['SELECT a FROM ord', 'SELECT'],
      ['SELECT a FROM public.', 'SELECT'],
      ['SELECT a FROM "orders"', 'SELECT'],
      ["SELECT a FROM b WHERE c = 'op", 'SELECT b'],
      ["SELECT a FROM b WHERE c = 'd' AND e IN (SELECT f FROM g WHERE h = 'op", 'SELECT b SELECT g'],
      ['SEL', ''],
      ['SELECT a FROM b WHERE c = $ta', 'SELECT b'],
    ] as const) {
      assert.equal(summaryOf(text, POSTGRESQL, true), summary, text);
    }
  });

  it('is bounded, and ends with a whole name', () => {
    const text = `SELECT a FROM ${Array.from({ length: 100 }, (_, i) => `table_${'abcdefghij'[i % 10]}`).join(', ')}`;
    const summary = summaryOf(text, POSTGRESQL);
    assert.ok(summary.length <= 255 && summary.length > 240, summary);
    assert.match(summary, /^SELECT( table_[a-j])+$/);
    assert.equal(summaryOf(`SELECT a FROM ${'x'.repeat(1000)}`, POSTGRESQL), 'SELECT');
    assert.equal(summaryOf(`SELECT ${'('.repeat(1000)} SELECT a FROM b`, POSTGRESQL), 'SELECT');
  });

  it('has no name with a control character', () => {
    assert.equal(summaryOf('SELECT a FROM "b\n{}c"', POSTGRESQL), 'SELECT');
  });
});
