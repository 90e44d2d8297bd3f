import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readKernelText } from '../linux/files.js';
import { attempt } from '../values/attempt.js';
import { programFileSystems, rootPlace } from './mountinfo.js';
import type { ProcessSnapshot } from './process-snapshot.js';

/** The file system view of the host's own processes, which tells them from processes in containers. */
export class HostView {
  readonly #proc: string;
  readonly #namespaces: ReadonlySet<string>;
  readonly #rootPlace: string | undefined;

  /** @param proc where proc(5) is mounted */
  constructor(proc: string) {
    this.#proc = proc;
    // The agent may run in a container itself, or as a service with its own mount namespace.
    this.#namespaces = new Set(['self', '1'].flatMap((process) => mountNamespace(proc, process) ?? []));
    this.#rootPlace = this.#rootPlaceOf('1') ?? this.#rootPlaceOf('self');
  }

  /**
   * Whether a process sees the file system of the host, either in the host's mount namespace or in its own, as services
   * with PrivateTmp= do. True if its namespace could not be read.
   */
  has({ mountNamespace: namespace, rootPlace: place }: ProcessSnapshot): boolean {
    if (namespace === undefined || this.#namespaces.has(namespace)) return true;
    return place !== undefined && place === this.#rootPlace;
  }

  /** Whether a process sees the same file system as the process `pid`. True unless something shows that it does not. */
  isBeside(pid: number, { mountNamespace: namespace, rootPlace: place }: ProcessSnapshot): boolean {
    const other = mountNamespace(this.#proc, String(pid));
    if (namespace === undefined || other === undefined || namespace === other) return true;
    return place !== undefined && place === this.#rootPlaceOf(String(pid));
  }

  /** Mount points of file systems that are implemented by programs, which any user may run. */
  programFileSystems(): ReadonlySet<string> {
    return programFileSystems(readKernelText(join(this.#proc, 'self', 'mountinfo')) ?? '');
  }

  #rootPlaceOf(process: string): string | undefined {
    const text = readKernelText(join(this.#proc, process, 'mountinfo'));
    return text === undefined ? undefined : rootPlace(text);
  }
}

/** The mount namespace of a process, as `mnt:[4026531841]`. `process` is a pid or `self`. */
export function mountNamespace(proc: string, process: string): string | undefined {
  return attempt(() => readlinkSync(join(proc, process, 'ns', 'mnt')));
}
