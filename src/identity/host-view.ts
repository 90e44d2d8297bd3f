import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readKernelText } from '../linux/files.js';
import { attempt } from '../values/attempt.js';
import { programFileSystems, rootPlace } from './mountinfo.js';
import type { ProcessSnapshot } from './process-snapshot.js';

/** What the host's own processes see, by which those in containers are told from them. */
export class HostView {
  readonly #proc: string;
  readonly #namespaces: ReadonlySet<string>;
  readonly #rootPlace: string | undefined;

  /** @param proc where proc(5) is mounted */
  constructor(proc: string) {
    this.#proc = proc;
    // The agent may be in a container itself, or a service with a namespace of its own.
    this.#namespaces = new Set(['self', '1'].flatMap((process) => mountNamespace(proc, process) ?? []));
    this.#rootPlace = this.#rootPlaceOf('1') ?? this.#rootPlaceOf('self');
  }

  /**
   * Whether a process sees the file system of the host: in the mount namespace of the host, or in one of its own, as
   * services have it (PrivateTmp=). So it is taken where nobody may look.
   */
  has({ mountNamespace: namespace, rootPlace: place }: ProcessSnapshot): boolean {
    if (namespace === undefined || this.#namespaces.has(namespace)) return true;
    return place !== undefined && place === this.#rootPlace;
  }

  /** Whether a process sees what the process `pid` sees, as far as nothing says that it does not. */
  isBeside(pid: number, { mountNamespace: namespace, rootPlace: place }: ProcessSnapshot): boolean {
    const other = mountNamespace(this.#proc, String(pid));
    if (namespace === undefined || other === undefined || namespace === other) return true;
    return place !== undefined && place === this.#rootPlaceOf(String(pid));
  }

  /** Where file systems are mounted that programs make, who may be anybody's. */
  programFileSystems(): ReadonlySet<string> {
    return programFileSystems(readKernelText(join(this.#proc, 'self', 'mountinfo')) ?? '');
  }

  #rootPlaceOf(process: string): string | undefined {
    const text = readKernelText(join(this.#proc, process, 'mountinfo'));
    return text === undefined ? undefined : rootPlace(text);
  }
}

/** `mnt:[4026531841]`, of a process by its number, or of `self`. */
export function mountNamespace(proc: string, process: string): string | undefined {
  return attempt(() => readlinkSync(join(proc, process, 'ns', 'mnt')));
}
