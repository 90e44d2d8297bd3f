import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../../support/process.js';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve } from './real-program.js';

const CLIENTS = 5;

describe('chrony', () => {
  requireTool('chronyd', 'apt-get install chrony');

  // Clients bind a socket beside that of the server, and the server answers to that path.
  itWorks('answers each of several clients by datagram', async (passage, cleanup) => {
    const directory = cleanup.directory();
    for (const path of [passage.upstream, passage.socket]) chmodSync(dirname(path), 0o770);
    const configuration = join(directory, 'chrony.conf');
    const settings = [
      `bindcmdaddress ${passage.upstream}`,
      'cmdport 0',
      'local stratum 8',
      `port ${await freePort()}`,
      `pidfile ${join(directory, 'pid')}`,
    ];
    writeFileSync(configuration, `${settings.join('\n')}\n`);
    await passage.open(await serve(cleanup, 'chronyd', ['-x', '-d', '-u', 'root', '-f', configuration]));
    const ask = (...args: string[]) => client('chronyc', ['-h', passage.socket, '-n', '-c', ...args]);
    const servers = Array.from({ length: CLIENTS }, (_, i) => `192.0.2.${i + 1}`);
    await Promise.all(servers.map((server) => ask('add', 'server', server)));
    const sources = (await ask('sources')).trim().split('\n');
    assert.deepEqual(sources.map((line) => line.split(',')[2]).sort(), servers);
    assert.match(await ask('tracking'), /^7F7F0101,/);
    // Nothing of the clients is left.
    assert.deepEqual(readdirSync(dirname(passage.socket)), ['server.sock']);
    await passage.assertCounted('as many answers as questions', (books) => {
      assert.equal(books.sentOperations, books.receivedOperations);
      assert.ok(books.sentOperations > CLIENTS, JSON.stringify(books));
    });
    // The kernel does not tell whose the socket is that datagrams go to.
    const scoped = await passage.agent?.sum('uds_send_ops_total', { uds_socket_scope: 'host' });
    assert.equal(scoped ?? 0, 0);
  });
});
