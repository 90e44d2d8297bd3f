import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessSnapshot } from '../../src/identity/process-snapshot.js';
import type { HostFiles } from '../../src/identity/sources/host-files.js';
import type { Cleanup } from '../support/cleanup.js';

/** The mode that engines use. The default mode of this process may let others write. */
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** A directory tree like that of a host with container engines. */
export class FakeHost {
  readonly root: string;
  readonly files: HostFiles;

  constructor(cleanup: Cleanup) {
    const root = cleanup.directory();
    this.root = root;
    this.files = {
      proc: join(root, 'proc'),
      cgroups: join(root, 'cgroup'),
      runcRoots: [join(root, 'runc'), join(root, 'containerd/runc/*')],
      runscRoots: [join(root, 'runsc'), join(root, 'containerd/runsc/*')],
      bundles: [join(root, 'tasks/*/{id}'), join(root, 'overlay-containers/{id}/userdata')],
      dockerContainers: join(root, 'docker'),
    };
  }

  path(path: string): string {
    return join(this.root, path);
  }

  /** Writes a file, of JSON unless it is text already, and returns its path. */
  write(path: string, content: unknown): string {
    const full = this.path(path);
    mkdirSync(dirname(full), { recursive: true, mode: FOLDER_MODE });
    writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content), { mode: FILE_MODE });
    return full;
  }

  /** Makes a folder and returns its path. */
  folder(path: string): string {
    mkdirSync(this.path(path), { recursive: true, mode: FOLDER_MODE });
    return this.path(path);
  }

  /** A process in a mount namespace, and what its mountinfo says. */
  process(pid: number | 'self', namespace: string, mountinfo = ''): void {
    this.folder(`proc/${pid}/ns`);
    symlinkSync(namespace, this.path(`proc/${pid}/ns/mnt`));
    this.write(`proc/${pid}/mountinfo`, mountinfo);
  }
}

/** A snapshot of a process that only has a cgroup. */
export function snapshot(cgroup: string, more: Partial<ProcessSnapshot> = {}): ProcessSnapshot {
  return { pid: 4242, uid: 0, cgroup, ...more };
}
