import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { pino } from 'pino';
import { controlExtensionSchema } from '../../../src/extensions/control/config.js';
import { createControlExtension, UNMONITORED_INSTRUMENTS } from '../../../src/extensions/control/index.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import { useCleanup } from '../../support/cleanup.js';
import { countDescriptors } from '../../support/descriptors.js';
import { eventually } from '../../support/eventually.js';
import { RawListener } from '../../support/raw-stream.js';
import { AgentInMemory } from './agent-in-memory.js';
import { EventLog } from './event-log.js';
import { ask, Follower, open, remembered, startControl } from './fixture.js';

describe('the server of the control extension', () => {
  const cleanup = useCleanup();
  let log: EventLog;

  beforeEach(() => {
    log = new EventLog();
  });

  async function dial(socket: string): Promise<Socket> {
    const client = connect(socket);
    cleanup.defer(() => client.destroy());
    client.on('error', () => {});
    await once(client, 'connect');
    return client;
  }

  /** All that comes until the agent closes the connection. */
  async function replyTo(socket: string, bytes: string | Uint8Array): Promise<string> {
    const client = await dial(socket);
    let reply = '';
    client.setEncoding('latin1').on('data', (text: string) => {
      reply += text;
    });
    const closed = once(client, 'close');
    client.end(bytes);
    await closed;
    return reply;
  }

  describe('listens', () => {
    for (const mode of ['0660', '600', '0666']) {
      it(`with the permissions ${mode}`, async () => {
        const { socket, log: logged } = await startControl(cleanup, log, { mode });
        assert.equal(lstatSync(socket).mode & 0o7777, Number.parseInt(mode, 8));
        assert.deepEqual(logged, [`control API at ${socket}`]);
      });
    }

    it('with the group that is given, by id or name, or that of the process', async () => {
      const groupOf = (path: string) => lstatSync(path).gid;
      const own = process.getegid?.() ?? 0;
      assert.equal(groupOf((await startControl(cleanup, log)).socket), own);
      assert.equal(groupOf((await startControl(cleanup, log, { group: own })).socket), own);
      const groups = readFileSync('/etc/group', 'utf8')
        .split('\n')
        .map((line) => line.split(':'));
      const name = groups.find(([, , id]) => id === String(own))?.[0];
      assert.ok(name, 'the group of the process has a name');
      const { socket } = await startControl(cleanup, log, { group: name, mode: '0620' });
      assert.equal(groupOf(socket), own);
      assert.equal(lstatSync(socket).mode & 0o777, 0o620);
      if (process.geteuid?.() !== 0) return;
      assert.equal(groupOf((await startControl(cleanup, log, { group: 12_345 })).socket), 12_345);
    });

    it('in a directory that it makes when it is missing', async () => {
      const path = `${cleanup.directory()}/a/b/control.sock`;
      await startControl(cleanup, log, { socket: path });
      assert.deepEqual(await remembered(path), []);
      assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
      assert.equal(statSync(dirname(dirname(path))).mode & 0o777, 0o755);
    });

    it('in the place of a socket that a dead process left behind', async () => {
      const path = `${cleanup.directory()}/control.sock`;
      RawListener.listen(path, cleanup).close();
      assert.ok(existsSync(path));
      await startControl(cleanup, log, { socket: path });
      assert.deepEqual(await remembered(path), []);
    });
  });

  describe('refuses to start', () => {
    it('where another agent is listening, which goes on', async () => {
      const { socket } = await startControl(cleanup, log);
      const descriptors = countDescriptors();
      await assert.rejects(startControl(cleanup, log, { socket }), {
        message: `control: cannot listen on ${socket}: another process is listening there`,
      });
      assert.equal(countDescriptors(), descriptors);
      assert.deepEqual(await remembered(socket), []);
    });

    it('in the place of a file, which stays', async () => {
      const socket = `${cleanup.directory()}/precious`;
      writeFileSync(socket, 'precious');
      await assert.rejects(
        startControl(cleanup, log, { socket }),
        /something that is not a socket is there$/,
      );
      assert.equal(readFileSync(socket, 'utf8'), 'precious');
    });

    it('for a group that there is not, and leaves nothing behind', async () => {
      const socket = `${cleanup.directory()}/control.sock`;
      const descriptors = countDescriptors();
      await assert.rejects(startControl(cleanup, log, { socket, group: 'no-such-group' }), {
        message: `control: cannot listen on ${socket}: no group "no-such-group" in /etc/group`,
      });
      assert.equal(existsSync(socket), false);
      assert.equal(countDescriptors(), descriptors);
    });

    it('below a file', async () => {
      const file = `${cleanup.directory()}/file`;
      writeFileSync(file, '');
      const socket = `${file}/control.sock`;
      await assert.rejects(
        startControl(cleanup, log, { socket }),
        /^Error: control: cannot listen on .*\/file/,
      );
    });
  });

  it('has nothing at other paths but says what there is', async () => {
    const { socket } = await startControl(cleanup, log);
    for (const path of ['/', '/v2', '/v1/', '/v1/events/', '//', '/v1/Events', '*']) {
      const { status, body } = await ask(socket, path);
      assert.equal(status, 404, path);
      assert.match(
        JSON.parse(body).error,
        /^there is nothing here; there is GET \/v1, .*, GET \/v1\/events, POST \/v1\/reload, POST \/v1\/upgrade$/,
      );
    }
  });

  it('refuses other methods and says what is accepted', async () => {
    const { socket } = await startControl(cleanup, log);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers, body } = await ask(socket, '/v1/events', method);
      assert.equal(status, 405, method);
      assert.equal(headers.allow, 'GET');
      assert.deepEqual(JSON.parse(body), { error: 'the method is not accepted here; accepted: GET' });
    }
  });

  it('answers a client of HTTP/1.0, and one that names a host', async () => {
    const { socket } = await startControl(cleanup, log);
    log.pushCalls(1);
    const reply = await replyTo(socket, 'GET http://agent/v1/events?follow=false HTTP/1.0\r\n\r\n');
    assert.match(reply, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(reply, /\r\n\r\n\{"type":"call",.*\}\n$/);
  });

  it('answers what is not HTTP with 400 and goes on', async () => {
    const { socket } = await startControl(cleanup, log);
    assert.match(await replyTo(socket, 'hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(await replyTo(socket, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 431 /);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        assert.doesNotMatch(await replyTo(socket, bytes), /^HTTP\/1\.1 [25]/);
      }),
      { numRuns: 50 },
    );
    assert.deepEqual(await remembered(socket), []);
  });

  it('notices the end of a client whose request has a body that is not wanted', async () => {
    const { socket, extension } = await startControl(cleanup, log);
    const client = await dial(socket);
    client.write('GET /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    client.write(Buffer.alloc(1_000_000));
    await once(client, 'data');
    const descriptors = countDescriptors();
    client.destroy();
    // Both ends of the connection belong to this process.
    await eventually('the connection is closed', () => countDescriptors() <= descriptors - 2);
    await extension.shutdown(soon());
  });

  it('serves at most 64 connections, and new ones when some have ended', async () => {
    const { socket } = await startControl(cleanup, log);
    const followers: Follower[] = [];
    for (let i = 0; i < 64; i++) followers.push(await Follower.start(cleanup, socket));
    await assert.rejects(open(socket, '/v1/events'), /ECONNRESET|EPIPE|socket hang up/);
    log.pushCalls(1);
    for (const follower of followers) await follower.read(1);
    const descriptors = countDescriptors();
    followers[0]?.response.destroy();
    await eventually('a connection has ended', () => countDescriptors() <= descriptors - 2);
    await Follower.start(cleanup, socket);
  });

  describe('shuts down', () => {
    it('before it has started, and twice', async () => {
      const logger = pino({ enabled: false });
      const config = controlExtensionSchema.parse({ socket: `${cleanup.directory()}/control.sock` });
      const unmonitored = new Float64Array(UNMONITORED_INSTRUMENTS.width);
      const context = { id: 'control', logger, events: log, agent: new AgentInMemory(), unmonitored };
      const extension = createControlExtension(config, context);
      await extension.shutdown(soon());
      await extension.shutdown(soon());
      assert.equal(existsSync(config.socket), false);
    });

    it('with the end of the stream for those that follow, and removes its file', async () => {
      const descriptors = countDescriptors();
      const { extension, socket } = await startControl(cleanup, log);
      const follower = await Follower.start(cleanup, socket, '?last=10');
      log.pushCalls(3);
      await follower.read(3);
      await extension.shutdown(soon());
      await eventually('the stream has ended', () => follower.ended);
      assert.equal(follower.response.complete, true);
      assert.equal(existsSync(socket), false);
      await eventually('every descriptor is closed', () => countDescriptors() === descriptors);
    });

    it('soon, though a client does not read and another says nothing', async () => {
      log = new EventLog(5000);
      const { extension, socket } = await startControl(cleanup, log);
      log.pushCalls(5000, { params: 'x'.repeat(4096) });
      const response = await open(socket, '/v1/events?last=5000');
      response.on('error', () => {});
      await dial(socket);
      const startMs = performance.now();
      await extension.shutdown(Date.now() + 60_000);
      assert.ok(performance.now() - startMs < 30_000, 'long before its deadline');
    });

    it('in the middle of an answer that has an end, and lets nobody take it for whole', async () => {
      log = new EventLog(5000);
      const { extension, socket } = await startControl(cleanup, log);
      log.pushCalls(5000, { params: 'x'.repeat(4096) });
      const response = await open(socket, '/v1/events?follow=false');
      await extension.shutdown(soon());
      await assert.rejects(response.resume().toArray(), { code: 'ECONNRESET' });
    });

    it('leaves alone what somebody else has put in the place of its file', async () => {
      const { extension, socket } = await startControl(cleanup, log);
      renameSync(socket, `${socket}.moved`);
      await startControl(cleanup, log, { socket });
      await extension.shutdown(soon());
      assert.deepEqual(await remembered(socket), []);
    });
  });
});
