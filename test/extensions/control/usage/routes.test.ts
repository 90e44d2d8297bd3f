import assert from 'node:assert/strict';
import * as z from 'zod';
import { flowsSchema, methodsSchema } from '../../../../src/api/usage/schema.js';
import { SQL } from '../../../../src/protocols/conventions.js';
import { useCleanup } from '../../../support/cleanup.js';
import { AgentInMemory } from '../agent-in-memory.js';
import { ask, startControl } from '../fixture.js';

const refusalSchema = z.object({ error: z.string() });

describe('GET /v1/methods and /v1/flows', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let control: string;

  beforeEach(async () => {
    agent = new AgentInMemory();
    control = (await startControl(cleanup, undefined, { agent })).socket;
  });

  async function methods(query = '') {
    const { status, body } = await ask(control, `/v1/methods${query}`);
    assert.equal(status, 200, body);
    return methodsSchema.parse(JSON.parse(body));
  }

  async function flows(query = '') {
    const { status, body } = await ask(control, `/v1/flows${query}`);
    assert.equal(status, 200, body);
    return flowsSchema.parse(JSON.parse(body));
  }

  async function refusalOf(target: string): Promise<string> {
    const { status, body } = await ask(control, target);
    assert.equal(status, 400, body);
    return refusalSchema.parse(JSON.parse(body)).error;
  }

  const namesOf = ({ methods: all }: Awaited<ReturnType<typeof methods>>) => all.map(({ method }) => method);

  it('has an empty list, or one entry on a line', async () => {
    assert.equal((await ask(control, '/v1/methods')).body, '{"total":0,"methods":[]}\n');
    agent.counted.called('a');
    agent.counted.called('b');
    const { body, headers } = await ask(control, '/v1/methods');
    assert.equal(body.split('\n').length, 3);
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(JSON.parse(body).total, 2);
  });

  it('chooses by container, socket, protocol and method', async () => {
    const { counted } = agent;
    const wallet = { 'container.id': '0123456789ab', 'container.name': 'wallet' };
    counted.called('eth_call', { container: wallet, client: { 'container.id': '0123456789ab' }, count: 3 });
    counted.called('eth_chainId', { count: 2 });
    counted.called('SELECT orders', { convention: SQL, system: 'postgresql', socket: 'pg' });
    assert.deepEqual(namesOf(await methods('?container=wallet')), ['eth_call']);
    assert.deepEqual(namesOf(await methods('?container=0123')), ['eth_call']);
    assert.deepEqual(namesOf(await methods('?container=012')), []);
    assert.deepEqual(namesOf(await methods('?socket=pg')), ['SELECT orders']);
    assert.deepEqual(namesOf(await methods('?protocol=jsonrpc')), ['eth_call', 'eth_chainId']);
    assert.deepEqual(namesOf(await methods('?method=eth_*Id&method=SEL*')), ['eth_chainId', 'SELECT orders']);
    assert.equal((await flows('?by=container&socket=pg')).total, 1);
    assert.deepEqual((await flows('?by=socket')).flows.map(({ socket }) => socket).toSorted(), [
      'geth',
      'pg',
    ]);
  });

  it('goes on where a page has ended', async () => {
    for (let i = 0; i < 5; i++) agent.counted.called(`m${i}`, { count: i + 1 });
    const first = await methods('?limit=3');
    assert.deepEqual([namesOf(first), first.total], [['m4', 'm3', 'm2'], 5]);
    const second = await methods(`?limit=3&cursor=${first.next}`);
    assert.deepEqual([namesOf(second), second.total, second.next], [['m1', 'm0'], 5, undefined]);
    assert.deepEqual(namesOf(await methods('?limit=2&sort=name')), ['m0', 'm1']);
  });

  it('shows names that could harm a terminal as escapes', async () => {
    agent.counted.called('\u001b[2J\u202e', { client: { 'container.name': '\u009b31m' }, socket: '\u2028' });
    const { body } = await ask(control, '/v1/methods');
    assert.doesNotMatch(body.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const [entry] = (await methods()).methods;
    assert.deepEqual([entry?.method, entry?.socket], ['\u001b[2J\u202e', '\u2028']);
  });

  it('refuses what it does not know, and says what is accepted', async () => {
    assert.match(
      await refusalOf('/v1/methods?sort=size'),
      /^sort: "size" is not an order: calls, errors, .*p99, name$/,
    );
    assert.equal(await refusalOf('/v1/methods?limit=0'), 'limit: "0" is not a whole number from 1 to 1000');
    assert.match(
      await refusalOf('/v1/methods?cursor=x'),
      /^cursor: "x" is not a cursor: what an answer has as `next`/,
    );
    assert.match(
      await refusalOf('/v1/methods?by=socket'),
      /^"by" is not a parameter; accepted: socket, container, /,
    );
    assert.equal(
      await refusalOf('/v1/flows?by=host'),
      'by: "host" is not what to add up by: flow, container, socket',
    );
    assert.match(
      await refusalOf('/v1/flows?method=x'),
      /^"method" is not a parameter; accepted: by, socket, container, sort, limit, cursor$/,
    );
    assert.match(await refusalOf('/v1/methods?protocol=x'), /^protocol: "x" is not a protocol: /);
    assert.equal(await refusalOf('/v1/methods?sort=calls&sort=name'), 'sort: is given 2 times; at most 1');
  });
});
