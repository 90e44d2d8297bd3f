/** Docker's daemon with nothing of the machine's, and an image with busybox in it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { findTool } from '../support/requirements.js';
import type { Passage } from './passage.js';
import { client, serve } from './real-program.js';

export const IMAGE = 'udscope-test';

/** Starts the daemon, and what is in front of it. */
export async function startDocker(cleanup: Cleanup, passage: Passage): Promise<void> {
  const daemon = await serve(cleanup, 'dockerd', daemonArguments(cleanup, passage.upstream));
  await daemon.waitForOutput('API listen on');
  await passage.open(daemon);
}

/** The environment of a client on the host. */
export function clientEnvironment(cleanup: Cleanup, socket: string): Record<string, string> {
  return { DOCKER_HOST: `unix://${socket}`, HOME: cleanup.directory() };
}

/** Has the daemon take the image. */
export async function importImage(cleanup: Cleanup, { upstream }: Passage): Promise<void> {
  await client('docker', ['import', image(cleanup), IMAGE], clientEnvironment(cleanup, upstream));
}

/** A daemon of its own, that needs no network and no file system of its own. */
export function daemonArguments(cleanup: Cleanup, socket: string): string[] {
  const directory = cleanup.directory();
  return [
    `--host=unix://${socket}`,
    `--data-root=${join(directory, 'data')}`,
    `--exec-root=${join(directory, 'exec')}`,
    `--pidfile=${join(directory, 'pid')}`,
    '--storage-driver=vfs',
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
  ];
}

/** An archive with busybox in it. */
export function image(cleanup: Cleanup): string {
  const directory = cleanup.directory();
  const root = join(directory, 'root');
  mkdirSync(root);
  copyFileSync(findTool('busybox') ?? 'busybox', join(root, 'busybox'));
  const archive = join(directory, 'image.tar');
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  return archive;
}
