import assert from 'node:assert/strict';
import { CALL_INSTRUMENTS } from '../../src/processors/enrich/instruments.js';
import {
  COMMANDS,
  CONVENTIONS,
  type Convention,
  HTTP,
  MCP,
  OTHER,
  RPC,
  SQL,
} from '../../src/protocols/conventions.js';
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

  it('tell a method by its attributes, and none by those of another', () => {
    const told: [convention: Convention, system: string, method: string, namespace?: string][] = [
      [RPC, 'grpc', 'runtime.v1.RuntimeService/Version'],
      [HTTP, 'http', 'GET'],
      [HTTP, 'http', 'POST /containers/{id}/start'],
      [HTTP, 'http', 'GET /users/{id}'],
      [SQL, 'postgresql', 'SELECT orders customers', 'shop'],
      [COMMANDS, 'redis', 'CONFIG GET', '0'],
      [MCP, 'mcp', 'tools/call get_weather'],
      [MCP, 'mcp', 'prompts/get review'],
      [MCP, 'mcp', 'initialize'],
      ...[RPC, HTTP, SQL, COMMANDS, MCP].map((each): [Convention, string, string] => [
        each,
        each === HTTP ? 'http' : each === MCP ? 'mcp' : 'x',
        OTHER,
      ]),
    ];
    for (const [convention, protocol, method, namespace] of told) {
      const attributes = convention.methodAttributes(protocol, method, [], namespace);
      const named = { protocol, method, ...(namespace === undefined ? {} : { namespace }) };
      assert.deepEqual(convention.methodOf(attributes), named);
      for (const other of CONVENTIONS.filter((each) => each !== convention)) {
        assert.equal(other.methodOf(attributes), undefined, `${protocol} ${method}`);
      }
      assert.equal(convention.methodOf({ 'uds.socket.name': 'x' }), undefined);
    }
    const mariadb = SQL.methodAttributes('mariadb', 'SELECT', []);
    assert.equal(SQL.methodOf(mariadb)?.protocol, 'mysql');
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
