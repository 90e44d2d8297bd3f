import assert from 'node:assert/strict';
import { MYSQL, POSTGRESQL } from '../../../src/protocols/sql/dialect.js';
import { partsOf } from '../../../src/protocols/sql/summary-parts.js';
import { summaryOf } from './summary-of.js';

/** A statement, its operation and its collection. */
const BOTH: readonly (readonly [string, string?, string?])[] = [
  ['SELECT * FROM orders WHERE id = 1', 'SELECT', 'orders'],
  ['select * from shop.orders_2026', 'select', 'shop.orders_{n}'],
  ['SELECT 1', 'SELECT'],
  ['SELECT * FROM orders JOIN customers USING (id)', 'SELECT'],
  ['SELECT * FROM orders a JOIN orders b ON a.id = b.parent', 'SELECT', 'orders'],
  // One operation with another of its kind in it: a name may be that of a part of the statement.
  ['SELECT * FROM orders WHERE id IN (SELECT id FROM carts)', 'SELECT'],
  ['WITH recent AS (SELECT 1) SELECT * FROM recent', 'SELECT'],
  ['INSERT INTO orders VALUES (1)', 'INSERT', 'orders'],
  ['INSERT INTO orders SELECT * FROM carts'],
  ['REPLACE INTO orders VALUES (1)', 'REPLACE', 'orders'],
  ['UPDATE orders SET total = 1', 'UPDATE', 'orders'],
  ['DELETE FROM orders', 'DELETE', 'orders'],
  ['TRUNCATE TABLE orders', 'TRUNCATE', 'orders'],
  ['TRUNCATE orders, carts', 'TRUNCATE'],
  ['CREATE TABLE orders (id INT)', 'CREATE TABLE', 'orders'],
  ['DROP TABLE IF EXISTS orders, carts', 'DROP TABLE'],
  ['CREATE UNIQUE INDEX by_id ON orders (id)', 'CREATE INDEX'],
  ['CREATE DATABASE shop', 'CREATE DATABASE'],
  ['CREATE VIEW v AS SELECT * FROM orders'],
  ['CREATE USER hunter', 'CREATE USER'],
  ['CALL pay(1)', 'CALL'],
  ['EXPLAIN SELECT * FROM orders', 'EXPLAIN'],
  ['SET search_path = x', 'SET'],
  ['BEGIN', 'BEGIN'],
  // Several statements, of which the last has no name, or of which a table might have the name.
  ['SELECT * FROM orders; COMMIT'],
  ['SELECT 1; COMMIT'],
  ['SELECT 1; SET x = 1'],
  ['SELECT * FROM comment'],
  ['EXPLAIN SELECT * FROM orders; DELETE FROM orders'],
  ['BEGIN; BEGIN', 'BEGIN'],
  ['SELECT * FROM orders; SELECT * FROM orders', 'SELECT', 'orders'],
  ['no SQL at all'],
];

describe('the parts of a summary', () => {
  for (const dialect of [POSTGRESQL, MYSQL]) {
    for (const [text, operation, collection] of BOTH) {
      it(`are ${operation ?? 'no operation'} and ${collection ?? 'no collection'} in ${text}`, () => {
        assert.deepEqual(partsOf(summaryOf(text, dialect)), {
          ...(operation === undefined ? {} : { operation }),
          ...(collection === undefined ? {} : { collection }),
        });
      });
    }
  }

  it('are told apart where names have quotes, blanks and words of SQL in them', () => {
    const names = ['my orders', 'delete from x', 'SELECT', 'a"b', 'a.b', 'a`b c', 'BATCH'];
    for (const name of names) {
      const quoted = `"${name.replaceAll('"', '""')}"`;
      const ticked = `\`${name.replaceAll('`', '``')}\``;
      const expected = { operation: 'SELECT', collection: name };
      assert.deepEqual(partsOf(summaryOf(`SELECT 1 FROM ${quoted}`, POSTGRESQL)), expected);
      assert.deepEqual(partsOf(summaryOf(`SELECT 1 FROM ${ticked}`, MYSQL)), expected);
    }
    const qualified = summaryOf('SELECT 1 FROM "shop one"."orders"', POSTGRESQL);
    assert.equal(partsOf(qualified).collection, 'shop one.orders');
  });

  it('are those of what is prepared or executed in bulk, and the name of a command that has no SQL', () => {
    assert.deepEqual(partsOf('PREPARE SELECT orders'), { operation: 'PREPARE' });
    assert.deepEqual(partsOf('BATCH INSERT orders'), { operation: 'BATCH INSERT', collection: 'orders' });
    for (const name of ['BATCH', 'PING', 'STMT_EXECUTE', 'DESCRIBE', 'CANCEL', 'NOTIFY', 'EXECUTE']) {
      assert.deepEqual(partsOf(name), { operation: name });
    }
    for (const none of ['_OTHER', '', 'hunter', 'PING PING']) assert.deepEqual(partsOf(none), {});
  });
});
