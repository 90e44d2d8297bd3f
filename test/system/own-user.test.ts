/** The agent as a service with a user of its own and the capabilities of examples/systemd/udscope.service. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { peerCredentials } from '../../src/linux/socket.js';
import { type Cleanup, useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { type RealProcess, startProcess } from '../support/process.js';
import { RawListener } from '../support/raw-stream.js';
import { directoryOf, runAs } from './support/as-user.js';
import { findTool, requireTool } from './support/requirements.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const UNIT = repositoryPath('examples/systemd/udscope.service');

const AGENT_UID = 4243;
const CLIENT_UID = 4244;
const CLIENT_GID = 4245;

/** What the unit gives the agent, as setpriv(1) writes it. */
function capabilitiesOfUnit(): string[] {
  const line = /^AmbientCapabilities=(.*)$/m.exec(readFileSync(UNIT, 'utf8'))?.[1] ?? '';
  return line.split(' ').map((name) => name.toLowerCase().replace('cap_', ''));
}

describe('an agent with a user of its own', function () {
  this.timeout(60_000);
  requireTool('setpriv', 'apt-get install util-linux');
  const cleanup = useCleanup();

  async function start(upstream: string, listen: string, more: object = {}): Promise<RealProcess> {
    const configuration = {
      receivers: { uds: { threads: 1, sockets: [{ name: 's', listen, upstream, ...more }] } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    };
    const directory = directoryOf(cleanup);
    const file = join(directory, 'udscope.yaml');
    writeFileSync(file, stringify(configuration), { mode: 0o644 });
    const capabilities = `-all${capabilitiesOfUnit()
      .map((name) => `,+${name}`)
      .join('')}`;
    const agent = await startProcess({
      name: 'udscope',
      command: findTool('setpriv') ?? 'setpriv',
      args: [
        ...[`--reuid=${AGENT_UID}`, `--regid=${AGENT_UID}`, '--clear-groups', '--no-new-privs'],
        ...[`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`, `--bounding-set=${capabilities}`],
        ...[execPath, COMMAND, 'run', '--config', file],
      ],
      cwd: '/',
    });
    cleanup.defer(() => agent.stop());
    await agent.waitForOutput('udscope is ready');
    return agent;
  }

  const connectAs = (user: string, path: string) =>
    runAs(user, execPath, [
      '-e',
      `require('net').connect(${JSON.stringify(path)}, () => console.log('connected')).on('error', (e) => { console.log(e.code); process.exit() }).on('close', () => process.exit())`,
    ]);

  function listenFor(cleanup: Cleanup, directory: string): RawListener {
    const upstream = RawListener.listen(join(directory, 'up.sock'), cleanup);
    chmodSync(upstream.path, 0o660);
    chownSync(upstream.path, 0, CLIENT_GID);
    return upstream;
  }

  it('gives its socket the access of the upstream, and the upstream its clients', async () => {
    const upstream = listenFor(cleanup, directoryOf(cleanup));
    const listen = join(directoryOf(cleanup, AGENT_UID), 'relay.sock');
    await start(upstream.path, listen);
    const { uid, gid, mode } = statSync(listen);
    assert.deepEqual({ uid, gid, mode: mode & 0o777 }, { uid: 0, gid: CLIENT_GID, mode: 0o660 });
    const connecting = connectAs(`${CLIENT_UID}:${CLIENT_GID}`, listen);
    const server = await upstream.accept(cleanup);
    assert.deepEqual(
      [peerCredentials(server.fd)?.uid, peerCredentials(server.fd)?.gid],
      [CLIENT_UID, CLIENT_GID],
    );
    server.close();
    assert.equal((await connecting).output, 'connected');
    assert.equal((await connectAs('4246:4246', listen)).output, 'EACCES');
  });

  it('relays in directories of root, and follows no link that leads out of one', async () => {
    const [shared, elsewhere, relays] = [directoryOf(cleanup), directoryOf(cleanup), directoryOf(cleanup)];
    const upstream = listenFor(cleanup, elsewhere);
    mkdirSync(join(shared, 'theirs'));
    symlinkSync(upstream.path, join(shared, 'theirs', 'link.sock'));
    const listen = join(relays, 'relay.sock');
    const agent = await start(join(shared, 'theirs', 'link.sock'), listen, {
      mode: '0666',
      credentials: 'self',
    });
    await agent.waitForOutput('is a symbolic link to');
    const connecting = connectAs(`${CLIENT_UID}:${CLIENT_GID}`, listen);
    await connecting;
    assert.equal(upstream.tryAccept(cleanup), undefined);
  });
});
