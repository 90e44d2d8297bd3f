import { spawnSync } from 'node:child_process';
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { execPath } from 'node:process';
import { readKernelText } from './files.js';

/** How long a file system that somebody else answers for may take to tell of one file, in ms. */
const ANSWER_MS = 2000;

/** As in path_resolution(7). */
const MAX_LINKS = 40;

const MOUNTINFO_BYTES_MAX = 16 * 1024 * 1024;

/** File systems that the kernel answers for by itself. Any other is asked before it is relied on. */
const LOCAL: ReadonlySet<string> = new Set([
  ...[
    'ext2',
    'ext3',
    'ext4',
    'xfs',
    'btrfs',
    'f2fs',
    'zfs',
    'bcachefs',
    'erofs',
    'squashfs',
    'iso9660',
    'vfat',
  ],
  ...['tmpfs', 'ramfs', 'rootfs', 'devtmpfs', 'overlay', 'proc', 'sysfs', 'devpts', 'mqueue', 'hugetlbfs'],
  ...[
    'cgroup',
    'cgroup2',
    'bpf',
    'nsfs',
    'debugfs',
    'tracefs',
    'securityfs',
    'configfs',
    'fusectl',
    'pstore',
  ],
]);

/** Asks for one file, as a program of its own: a thread that waits for a file system cannot be ended. */
const QUESTION = 'require("fs").statSync(process.argv[1], { throwIfNoEntry: false })';

/** A mounted file system that does not answer. */
export interface SilentMount {
  readonly point: string;
  readonly type: string;
}

/**
 * Finds file systems that do not answer: an NFS whose server is away, a FUSE whose program hangs. A thread that looks at a
 * file there waits for ever, and hears no signal. The mounts are those of this process when this was made.
 */
export class SilentMounts {
  readonly #types: ReadonlyMap<string, string>;
  readonly #silent = new Map<string, SilentMount>();

  constructor(mountinfo = readKernelText('/proc/self/mountinfo', MOUNTINFO_BYTES_MAX) ?? '') {
    this.#types = typesOf(mountinfo);
  }

  /** The silent file system on the way to a path; undefined if there is none, or the path leads nowhere. */
  onTheWayTo(path: string): SilentMount | undefined {
    if (!path.startsWith('/')) return undefined;
    const foreign = this.#foreignOnTheWayTo(path);
    if (foreign === undefined) return undefined;
    const known = this.#silent.get(foreign.point);
    if (known !== undefined || isAnswered(path)) return known;
    this.#silent.set(foreign.point, foreign);
    return foreign;
  }

  /** The first file system on the way that is not local. No file on it is looked at, nor is the place it is mounted at. */
  #foreignOnTheWayTo(path: string): SilentMount | undefined {
    const names = path.split('/');
    let here = '/';
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '' || name === '.') continue;
      const next = name === '..' ? dirname(here) : `${here === '/' ? '' : here}/${name}`;
      const type = this.#types.get(next);
      if (type !== undefined && !LOCAL.has(type)) return { point: next, type };
      const target = name === '..' ? undefined : linkAt(next);
      if (target === undefined) here = next;
      else if (++links > MAX_LINKS) return undefined;
      else {
        names.unshift(...target.split('/'));
        if (target.startsWith('/')) here = '/';
      }
    }
    return undefined;
  }
}

/** Types by mount points, of what is mounted there last: proc_pid_mountinfo(5). */
function typesOf(mountinfo: string): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const line of mountinfo.split('\n')) {
    const [place = '', file = ''] = line.split(' - ', 2);
    const [, , , , point] = place.split(' ');
    const [type = ''] = file.split(' ');
    if (point !== undefined) types.set(decoded(point), type);
  }
  return types;
}

/** Spaces, tabs, line feeds and backslashes are written as octal numbers. */
function decoded(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** True as well if the question cannot be asked. */
function isAnswered(path: string): boolean {
  const { error } = spawnSync(execPath, ['-e', QUESTION, path], {
    timeout: ANSWER_MS,
    killSignal: 'SIGKILL',
    stdio: 'ignore',
    env: {},
  });
  return (error as NodeJS.ErrnoException | undefined)?.code !== 'ETIMEDOUT';
}
