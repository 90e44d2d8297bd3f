/** A PostgreSQL server of its own. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { type RealProcess, startProcess, waitFor } from '../../support/process.js';
import { accountOf } from './account.js';
import { asUser, directoryOf, runAs } from './as-user.js';

/** The file name of its socket. */
export const POSTGRESQL_SOCKET = '.s.PGSQL.5432';

const VERSIONS = '/usr/lib/postgresql';

/** Where Debian has the server's commands, of the newest version there is. */
export function postgresqlCommand(name: string): string {
  const [newest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return join(VERSIONS, newest, 'bin', name);
}

/**
 * @param directory where its socket is to be, which the account postgres can write to
 * @param authentication `peer`, or `trust` for everybody as whom he says
 */
export async function servePostgresql(
  cleanup: Cleanup,
  directory: string,
  authentication: 'peer' | 'trust' = 'peer',
): Promise<RealProcess> {
  const { uid, gid } = accountOf('postgres');
  const data = join(directoryOf(cleanup, uid, gid), 'data');
  const initialized = await runAs('postgres', postgresqlCommand('initdb'), [
    `--pgdata=${data}`,
    `--auth=${authentication}`,
    '--no-sync',
  ]);
  assert.equal(initialized.code, 0, initialized.output);
  const settings = [
    'fsync=off',
    'wal_level=logical',
    'listen_addresses=',
    `unix_socket_directories=${directory}`,
  ];
  const [command, ...args] = asUser('postgres', postgresqlCommand('postgres'), [
    '-D',
    data,
    ...settings.flatMap((setting) => ['-c', setting]),
  ]);
  const server = await startProcess({ command, args, cwd: '/' });
  // Fast shutdown: it does not wait for those who are connected.
  cleanup.defer(async () => {
    server.signal('SIGINT');
    await server.exited;
  });
  await server.waitForOutput('database system is ready');
  const socket = join(directory, POSTGRESQL_SOCKET);
  await waitFor('the socket of PostgreSQL', () => isListening(socket), { process: server });
  return server;
}
