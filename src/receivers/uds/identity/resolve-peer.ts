import { readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { cgroupPaths, containerOfCgroup } from './cgroup.js';
import { cgroupDirectoryOf } from './cgroup-directory.js';
import { isContainerId, isEngineId } from './container-id.js';
import type { Evidence } from './evidence.js';
import { type Gofer, goferOf, looksLikeGofer } from './gofer.js';
import type { ContainerIdentity, PeerIdentity } from './identity.js';
import { KnownContainers } from './known-containers.js';
import { containerOfMounts } from './mountinfo.js';
import { attributesOfAnnotations, attributeValue, type ContainerAttributes } from './sources/attributes.js';
import { runningSpecification, specificationIn } from './sources/bundle.js';
import { dockerAttributes } from './sources/docker.js';
import { DEFAULT_HOST_FILES, type HostFiles } from './sources/host-files.js';
import { attempt, readText } from './sources/read-file.js';
import { runcAnnotations, runcContainerIn } from './sources/runc-state.js';
import { runscContainerOf } from './sources/runsc-state.js';

/** Of a bundle's path, so many components may be the container's id. */
const MAX_IDS_IN_BUNDLE = 8;

/**
 * Makes an identity of what was read of a process. In this order, it believes:
 *
 * 1. the state of gVisor at a place known beforehand, for a gofer;
 * 2. the cgroup, by the id in it, or by the state of runc that names this cgroup;
 * 3. the command line of a gofer: anybody can write one, but nobody can leave a container's cgroup by that;
 * 4. the mounts, with doubt: whoever may mount makes them say anything.
 */
export class PeerResolver {
  readonly #files: HostFiles;
  readonly #known = new KnownContainers();

  constructor(files: Partial<HostFiles> = {}) {
    this.#files = { ...DEFAULT_HOST_FILES, ...files };
  }

  /**
   * Who the evidence is about. It reads files, but none for a container that it knows; whoever lets a container go
   * must have it forgotten. What the mounts say is read anew each time.
   */
  resolve(evidence: Evidence): PeerIdentity {
    const container = this.#containerOf(evidence);
    return {
      container,
      executable: container === undefined ? executableName(evidence.executable) : undefined,
    };
  }

  /** Lets go of what is known about a container: it has ended, or its names may have changed. */
  forget(id: string): void {
    this.#known.forget(id);
  }

  #containerOf(evidence: Evidence): ContainerIdentity | undefined {
    const gofer = goferIn(evidence);
    if (gofer === undefined) return this.#byCgroup(evidence) ?? this.#byMounts(evidence);
    // The cgroup is part of the key: who forges the rest is in another one.
    const key = `gofer ${JSON.stringify(evidence)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { runscRoots } = this.#files;
    const likely = this.#byState(runscRoots, gofer, evidence, { everywhere: false });
    if (likely !== undefined) return this.#known.remember(key, likely);
    const other = this.#byCgroup(evidence);
    if (other !== undefined) return other;
    // In a container anybody can pretend to be a gofer, as often as he likes. What costs more is not for him.
    const found =
      this.#byState(runscRoots, gofer, evidence, { everywhere: true }) ??
      this.#byCommandLine(gofer, evidence);
    return found === undefined ? this.#byMounts(evidence) : this.#known.remember(key, found);
  }

  #byCgroup(evidence: Evidence): ContainerIdentity | undefined {
    const named = containerOfCgroup(evidence.cgroup);
    if (named === undefined) return this.#byRuncState(evidence);
    const key = `id ${named.id}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const podUid = named.podUid === undefined ? {} : { 'k8s.pod.uid': named.podUid };
    return this.#known.remember(key, {
      id: named.id,
      attributes: { ...podUid, ...this.attributesOf(named.id) },
      marker: cgroupDirectoryOf(evidence.cgroup, named.id, this.#files.cgroups),
      isDoubtful: false,
    });
  }

  /** `runc run NAME`. */
  #byRuncState(evidence: Evidence): ContainerIdentity | undefined {
    const key = `cgroup ${evidence.cgroup}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    for (const line of cgroupPaths(evidence.cgroup)) {
      const found = runcContainerIn(line, this.#files.runcRoots, this.#files.cgroups);
      if (found === undefined) continue;
      const { id, directory: marker, annotations } = found;
      return this.#known.remember(key, {
        id,
        attributes: attributesOfAnnotations(annotations),
        marker,
        isDoubtful: false,
      });
    }
    return undefined;
  }

  #byState(
    roots: readonly string[],
    gofer: Gofer,
    evidence: Evidence,
    extent: { everywhere: boolean },
  ): ContainerIdentity | undefined {
    const found = runscContainerOf(roots, { pid: evidence.pid, ids: idsIn(gofer), ...extent });
    if (found === undefined) return undefined;
    const attributes = this.attributesOf(found.id, found.annotations);
    return { id: found.id, attributes, marker: found.stateFile, isDoubtful: false };
  }

  #byCommandLine(gofer: Gofer, evidence: Evidence): ContainerIdentity | undefined {
    const byState =
      gofer.root === undefined
        ? undefined
        : this.#byState([gofer.root], gofer, evidence, { everywhere: true });
    if (byState !== undefined) return byState;
    const specification = specificationIn(gofer.bundle);
    const ids = idsIn(gofer);
    // The bundle of CRI-O and podman is a folder in that of the container.
    const id = gofer.id ?? ids.find(isEngineId) ?? posix.basename(gofer.bundle);
    if (specification === undefined || !isContainerId(id)) return undefined;
    const attributes = this.attributesOf(id, specification['annotations']);
    return { id, attributes, marker: undefined, isDoubtful: false };
  }

  #byMounts(evidence: Evidence): ContainerIdentity | undefined {
    const { proc } = this.#files;
    const namespace = mountNamespace(join(proc, String(evidence.pid)));
    if (namespace === undefined || namespace === mountNamespace(join(proc, 'self'))) return undefined;
    const text = readText(join(proc, String(evidence.pid), 'mountinfo'));
    const id = text === undefined ? undefined : containerOfMounts(text);
    return id === undefined ? undefined : { id, attributes: {}, marker: undefined, isDoubtful: true };
  }

  /** What files of the host say about a container. `annotations`: of its specification, where they are known. */
  attributesOf(id: string, annotations?: unknown): ContainerAttributes {
    const { bundles, runcRoots, dockerContainers } = this.#files;
    const known =
      annotations ?? runningSpecification(bundles, id)?.['annotations'] ?? runcAnnotations(runcRoots, id);
    return { ...attributesOfAnnotations(known), ...dockerAttributes(dockerContainers, id) };
  }
}

function goferIn(evidence: Evidence): Gofer | undefined {
  return looksLikeGofer(evidence.executable) && evidence.arguments !== undefined
    ? goferOf(evidence.arguments, evidence.workingDirectory)
    : undefined;
}

/** Ids that the command line of a gofer speaks of: its last argument, or a component of the bundle's path. */
function idsIn(gofer: Gofer): string[] {
  const components = gofer.bundle.split('/').toReversed().slice(0, MAX_IDS_IN_BUNDLE);
  return [...new Set([gofer.id, ...components])].filter(isContainerId);
}

function mountNamespace(process: string): string | undefined {
  return attempt(() => readlinkSync(join(process, 'ns', 'mnt')));
}

/** `process.executable.name`: the file's name. The kernel marks a file that was replaced since. */
function executableName(executable: string | undefined): string | undefined {
  return attributeValue(
    executable === undefined ? undefined : posix.basename(executable.replace(/ \(deleted\)$/, '')),
  );
}
