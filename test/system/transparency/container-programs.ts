/** Programs of the host's, in containers that have the socket of a service mounted. */
import assert from 'node:assert/strict';
import { basename, dirname, join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { bind, makeBundle } from '../containers/bundle.js';
import { buildClient, CLIENT_BUILD_TIMEOUT_MS } from '../containers/client.js';
import { Container, type RuntimeName } from '../containers/runtimes.js';
import { requireTool } from '../support/requirements.js';
import type { Passage } from './passage.js';
import { program } from './real-program.js';

/** Where a container has the socket, and the programs of the tests. */
const HOST = '/host';
export const PROGRAMS = '/programs';

/** Call it in a `describe`: what containers are made of. */
export function requireContainers(...runtimes: readonly RuntimeName[]): void {
  for (const runtime of runtimes) requireTool(runtime, `apt-get install ${runtime}`);
  requireTool('busybox', 'apt-get install busybox-static');
  requireTool('go', 'https://go.dev/dl');
  before(async function () {
    this.timeout(CLIENT_BUILD_TIMEOUT_MS);
    await buildClient();
  });
}

/** The socket as the container has it. */
export function within(passage: Passage): string {
  return join(HOST, basename(passage.socket));
}

/** Runs a program of the host's in a container, with the directory of the socket. */
export async function runProgram(
  cleanup: Cleanup,
  passage: Passage,
  runtime: RuntimeName,
  args: readonly string[],
): Promise<Container> {
  const folders = [
    ['/usr', '/usr'],
    ['/usr/bin', '/bin'],
    ['/usr/lib', '/lib'],
    ['/usr/lib64', '/lib64'],
    [dirname(program('dbus_client.py')), PROGRAMS],
  ] as const;
  const mounts = folders.map(([source, destination]) => bind(source, destination, 'ro'));
  const bundle = await makeBundle(cleanup, {
    args: ['/usr/bin/env', 'HOME=/tmp', ...args],
    mounts: [...mounts, bind(dirname(passage.socket), HOST)],
  });
  return Container.run(cleanup, { runtime, bundle });
}

/** All that it sent is counted as this container's. */
export async function assertCountedFor({ agent }: Passage, { id }: Container): Promise<void> {
  if (agent === undefined) return;
  const sent = (labels: Record<string, string>) => agent.sum('uds_send_bytes_total', labels);
  await agent.until('the container to be counted', async () => (await sent({ container_id: id })) > 0);
  assert.equal(await sent({ container_id: id }), await sent({}));
}
