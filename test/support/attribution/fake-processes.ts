import { existsSync, mkdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeHost } from '../../identity/fake-host.js';
import type { Cleanup } from '../cleanup.js';

/** What /proc says of a process that is in no container. */
export const HOST_CGROUP = '0::/system.slice/service.service\n';

export const PROGRAM = '/usr/bin/program';

/** An id as engines make them, of a number. */
export function containerId(number: number): string {
  return number.toString(16).padStart(64, '0');
}

/** What /proc says of the processes of that container. */
export function cgroupOf(number: number): string {
  return `0::/containers/${containerId(number)}\n`;
}

/**
 * A host whose /proc says of real processes what a test wants: one process can thus be many containers, one after
 * the other.
 */
export class FakeProcesses extends FakeHost {
  constructor(cleanup: Cleanup) {
    super(cleanup);
    this.folder('proc');
    this.folder('cgroup/containers');
    // The whole hierarchy is mounted, so that a container whose directory is not there has ended, even before anybody looked for it.
    this.write('cgroup/cgroup.procs', '');
  }

  /** A process that has this cgroup, and runs this program, from now on. */
  put(cgroup: string, { pid = process.pid, executable = PROGRAM } = {}): void {
    this.write(`proc/${pid}/cgroup`, cgroup);
    this.link(pid, 'exe', executable);
  }

  /** Where a link of a process leads from now on. */
  link(pid: number, name: string, target: string): void {
    const path = this.path(`proc/${pid}/${name}`);
    rmSync(path, { force: true });
    symlinkSync(target, path);
  }

  /** /proc shows nothing of a process any more. */
  hide(pid = process.pid): void {
    rmSync(this.path(`proc/${pid}`), { recursive: true, force: true });
  }

  /** A container is there, by its number. */
  startContainer(container: number): void {
    const folder = this.#folder(container);
    if (!existsSync(folder)) mkdirSync(folder);
  }

  endContainer(container: number): void {
    rmdirSync(this.#folder(container));
  }

  /** The process is in that container from now on. */
  enter(container: number, more: { pid?: number; executable?: string } = {}): void {
    this.startContainer(container);
    this.put(cgroupOf(container), more);
  }

  /** The same of this process, once it is known, in as little time as it takes to write a file. */
  moveTo(container: number): void {
    this.startContainer(container);
    writeFileSync(this.path(`proc/${process.pid}/cgroup`), cgroupOf(container));
  }

  #folder(container: number): string {
    return join(this.files.cgroups, 'containers', containerId(container));
  }
}
