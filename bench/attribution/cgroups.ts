import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where cgroups of version 2 can be made; undefined where they are missing or not permitted. */
export function cgroupRoot(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const mount = mounts.find((line) => line.split(' ')[2] === 'cgroup2');
  return mount?.split(' ')[1];
}

/** A cgroup as a runtime makes it for a container. */
export class ContainerCgroup {
  readonly path: string;

  /** @throws Error when it is not permitted. */
  constructor(
    root: string,
    readonly id: string,
  ) {
    this.path = join(root, `runc-${id}.scope`);
    mkdirSync(this.path);
  }

  enter(pid: number): void {
    writeFileSync(join(this.path, 'cgroup.procs'), String(pid));
  }

  /** No process may be left in it. */
  remove(): void {
    rmdirSync(this.path);
  }
}
