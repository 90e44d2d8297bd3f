import assert from 'node:assert/strict';
import { CALL_INSTRUMENTS } from '../../src/processors/enrich/instruments.js';
import { COMMANDS, CONVENTIONS, OTHER, SQL } from '../../src/protocols/conventions.js';
import { RECV, SEND } from '../../src/protocols/direction.js';

describe('conventions', () => {
  it('of databases tell a query by its summary, a command by its name, and which database was asked', () => {
    assert.deepEqual(SQL.methodAttributes('postgresql', 'SELECT orders', [], 'shop'), {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.summary': 'SELECT orders',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'orders',
    });
    assert.deepEqual(SQL.originalAttributes('SELECT orders customers'), {
      'db.query.summary': 'SELECT orders customers',
      'db.operation.name': 'SELECT',
    });
    assert.deepEqual(COMMANDS.methodAttributes('redis', 'CONFIG GET', []), {
      'db.system.name': 'redis',
      'db.operation.name': 'CONFIG GET',
    });
  });

  it('show of a summary that is one too many what it does, and nothing that is no such word', () => {
    const summaries = ['SELECT orders', 'select orders', 'INSERT', 'CREATE TABLE orders'];
    assert.deepEqual(summaries.map(SQL.unnamed), ['SELECT', 'SELECT', 'INSERT', 'CREATE']);
    // The first of several operations is not what all of it does.
    for (const summary of ['INSERT orders SELECT carts', 'hunter2 orders', '"SELECT"', '', OTHER]) {
      assert.equal(SQL.unnamed(summary), OTHER);
    }
    assert.equal(COMMANDS.unnamed('GET'), OTHER);
  });

  it('have all calls of databases as those of a client, by the name of the database where there is none', () => {
    for (const convention of [SQL, COMMANDS]) {
      assert.deepEqual([convention.callKind(SEND), convention.callKind(RECV)], ['client', 'client']);
      assert.equal(convention.spanName('redis', OTHER), 'redis');
      assert.equal(convention.spanName('redis', 'GET'), 'GET');
      assert.deepEqual(convention.statusAttributes(OTHER), {});
    }
  });

  it('have one histogram for each metric, with the boundaries that they advise', () => {
    const histograms = CALL_INSTRUMENTS.instruments.filter(({ kind }) => kind === 'histogram');
    const names = histograms.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { durations } of CONVENTIONS) assert.ok(names.includes(durations.client.name));
    const durations = histograms.find(({ name }) => name === 'db.client.operation.duration');
    assert.deepEqual(
      durations?.kind === 'histogram' && durations.boundaries,
      [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    );
  });
});
