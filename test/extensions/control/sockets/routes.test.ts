import assert from 'node:assert/strict';
import { useCleanup } from '../../../support/cleanup.js';
import { AgentInMemory, NO_TRAFFIC } from '../agent-in-memory.js';
import { ask, askJson, startControl } from '../fixture.js';

describe('the sockets of the control API', () => {
  const cleanup = useCleanup();
  const socket = { listen: '/run/r/geth.ipc', upstream: '/run/geth.ipc' };

  const start = async (agent = new AgentInMemory()) =>
    (await startControl(cleanup, undefined, { agent })).socket;

  it('are none, then those that were added, then none', async () => {
    const control = await start();
    assert.deepEqual(await askJson(control, 'GET', '/v1/sockets'), { status: 200, value: [] });
    const added = {
      ...socket,
      ...{ name: 'geth.ipc', receiver: 'uds', type: 'stream', takeover: false, appearance: 'shown' },
      ...{ origin: 'control', counts: NO_TRAFFIC },
    };
    assert.deepEqual(await askJson(control, 'POST', '/v1/sockets', socket), { status: 201, value: added });
    assert.deepEqual(await askJson(control, 'GET', '/v1/sockets'), { status: 200, value: [added] });
    const removed = await askJson(control, 'DELETE', '/v1/sockets/geth.ipc');
    assert.deepEqual(removed, { status: 204, value: undefined });
    assert.deepEqual(await askJson(control, 'GET', '/v1/sockets'), { status: 200, value: [] });
  });

  it('are added with the words of the configuration', async () => {
    const agent = new AgentInMemory();
    const added: unknown[] = [];
    agent.addSocket = (config) => {
      added.push(config);
      return AgentInMemory.prototype.addSocket.call(agent, config);
    };
    const container = { id: 'c0ffee', attributes: { team: 'a' } };
    const words = { ...socket, name: 'g', mode: '0660', group: '999', container, idle_timeout: '5m' };
    const { status } = await askJson(await start(agent), 'POST', '/v1/sockets', words);
    assert.equal(status, 201);
    const [config] = added as [Record<string, unknown>];
    assert.equal(config['mode'], 0o660);
    assert.equal(config['group'], 999);
    assert.equal(config['idle_timeout'], 300_000);
    assert.equal(config['protocol'], 'auto');
    assert.deepEqual(config['container'], container);
  });

  it('may have any name', async () => {
    const control = await start();
    const name = 'a/b ü%\n?#..';
    await askJson(control, 'POST', '/v1/sockets', { ...socket, name });
    const { status } = await askJson(control, 'DELETE', `/v1/sockets/${encodeURIComponent(name)}`);
    assert.equal(status, 204);
  });

  it('are refused by the agent in its own words', async () => {
    const control = await start();
    await askJson(control, 'POST', '/v1/sockets', socket);
    assert.deepEqual(await askJson(control, 'POST', '/v1/sockets', socket), {
      status: 409,
      value: { error: 'there is a socket geth.ipc already' },
    });
    assert.equal((await askJson(control, 'DELETE', '/v1/sockets/other')).status, 404);
  });

  describe('are refused, and what is accepted is said,', () => {
    const cases: readonly [what: string, body: unknown, error: RegExp | string][] = [
      ['no object', [], 'the body is not an object'],
      ['null', null, 'the body is not an object'],
      ['nothing in it', {}, 'upstream is missing'],
      [
        'no place to listen, and a name that is no file',
        { upstream: '/run/x', name: 'a b' },
        /^listen: "a b" cannot be the name of a file in \/run\/udscope\/sockets; give listen/,
      ],
      ['a relative path', { ...socket, listen: 'r.sock' }, /^listen is not absolute; the agent has a curr/],
      ['a relative upstream', { ...socket, upstream: './g' }, /^upstream is not absolute/],
      ['a number', { ...socket, upstream: 1 }, 'upstream: 1 is not a string; put it in quotes'],
      [
        'an unknown key',
        { ...socket, lisen: '/x' },
        /^lisen is not known; accepted here: name, listen, upstream, type, takeover, mode, .*idle_timeout, unanswered_after, answer_timeout$/,
      ],
      [
        'an unknown key in a map',
        { ...socket, container: { id: 'c', 'a b': 1 } },
        'container["a b"] is not known; accepted here: id, name, image, attributes',
      ],
      ['a bad mode', { ...socket, mode: '999' }, /^mode: "999" is not a file mode/],
      ['a bad choice', { ...socket, protocol: 'smtp' }, /^protocol: "smtp" is not one of auto, /],
      [
        'a reserved attribute',
        { ...socket, container: { id: 'c', attributes: { 'uds.x': 'y' } } },
        /^container\.attributes\["uds\.x"\]: "uds\.x" is a name that udscope sets itself/,
      ],
      ['terminal controls', { ...socket, '\x1b[2J\u202e': 1 }, /^\["\\u001b\[2J\\u\{202e\}"\] is not known/],
    ];
    for (const [what, body, error] of cases) {
      it(what, async () => {
        const { status, value } = await askJson(await start(), 'POST', '/v1/sockets', body);
        assert.equal(status, 400);
        const { error: message } = value as { error: string };
        if (typeof error === 'string') assert.equal(message, error);
        else assert.match(message, error);
      });
    }
  });

  it('answers 500 when the agent fails, and goes on', async () => {
    const agent = new AgentInMemory();
    const { socket: control, log } = await startControl(cleanup, undefined, { agent });
    agent.failure = new Error('out of order');
    assert.equal((await askJson(control, 'POST', '/v1/sockets', socket)).status, 500);
    assert.ok(log.includes('POST /v1/sockets could not be answered'));
    agent.failure = undefined;
    assert.equal((await askJson(control, 'POST', '/v1/sockets', socket)).status, 201);
  });

  it('are shown as JSON, an item a line, that nobody need keep', async () => {
    const control = await start();
    for (const name of ['a\u2028', 'b']) await askJson(control, 'POST', '/v1/sockets', { ...socket, name });
    const { headers, body } = await ask(control, '/v1/sockets');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(body, /^\[\{.*"name":"a\\u2028".*\},\n\{.*"name":"b".*\}\]\n$/);
  });
});
