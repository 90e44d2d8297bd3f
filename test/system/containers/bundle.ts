/** OCI bundles: a folder with a root file system and a config.json, as engines hand them to a runtime. */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { findTool } from '../support/requirements.js';
import { buildClient } from './client.js';

export interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface BundleOptions {
  /** The command of the container: `CLIENT …`, or `BUSYBOX …`. */
  readonly args: readonly string[];
  /** Beside those that every container has. */
  readonly mounts?: readonly Mount[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Root by default. */
  readonly user?: ContainerUser;
  /** Path of its cgroup; by default the runtime makes one that has its id. */
  readonly cgroup?: string | undefined;
  /** Whether it has a terminal of its own; its standard streams are the runtime's by default. */
  readonly hasTerminal?: boolean;
}

/** As whom the command runs. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids?: readonly number[];
}

/** Paths in the container. */
export const CLIENT = '/client';
export const BUSYBOX = '/busybox';

/** A limit that engines write, and that no double holds. */
const UNLIMITED = '18446744073709551615';

/** Mounts a file or folder of the host. */
export function bind(source: string, destination: string, ...options: string[]): Mount {
  return { destination, type: 'bind', source, options: ['rbind', 'rprivate', ...options] };
}

/** Makes a bundle in a folder of its own; its path. */
export async function makeBundle(cleanup: Cleanup, options: BundleOptions): Promise<string> {
  const bundle = cleanup.directory();
  const rootfs = join(bundle, 'rootfs');
  for (const folder of ['proc', 'dev', 'tmp']) mkdirSync(join(rootfs, folder), { recursive: true });
  copyFileSync(await buildClient(), join(rootfs, CLIENT));
  // It may have been built under any umask, and is for any user.
  chmodSync(join(rootfs, CLIENT), 0o755);
  copyFileSync(findTool('busybox') ?? 'busybox', join(rootfs, BUSYBOX));
  writeFileSync(configurationOf(bundle), specification(options));
  return bundle;
}

/** Where a bundle has its specification. */
export function configurationOf(bundle: string): string {
  return join(bundle, 'config.json');
}

function specification(options: BundleOptions): string {
  const { args, mounts = [], annotations, user, cgroup, hasTerminal = false } = options;
  const limit = { type: 'RLIMIT_CORE', hard: 'UNLIMITED', soft: 'UNLIMITED' };
  const text = JSON.stringify({
    ociVersion: '1.0.2',
    process: {
      terminal: hasTerminal,
      user: user ?? { uid: 0, gid: 0 },
      args,
      env: ['PATH=/'],
      cwd: '/',
      rlimits: [limit],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'container',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'size=64k'] },
      ...mounts,
    ],
    ...(annotations === undefined ? {} : { annotations }),
    linux: {
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      ...(cgroup === undefined ? {} : { cgroupsPath: cgroup }),
      resources: { devices: [{ allow: false, access: 'rwm' }] },
    },
  });
  return text.replaceAll('"UNLIMITED"', UNLIMITED);
}
