import { posix } from 'node:path';
import { type CgroupContainer, cgroupPaths, containerOfCgroup } from './cgroup.js';
import { cgroupDirectoryOf } from './cgroup-directory.js';
import { isContainerId } from './container-id.js';
import { type Gofer, goferOf, looksLikeGofer } from './gofer.js';
import { HostView } from './host-view.js';
import type { ContainerIdentity, ProcessIdentity } from './identity.js';
import { KnownContainers } from './known-containers.js';
import { type Namesake, Namesakes } from './namesakes.js';
import type { ProcessSnapshot } from './process-snapshot.js';
import { attributesOfAnnotations, attributeValue, type ContainerAttributes } from './sources/attributes.js';
import { runningBundle } from './sources/bundle.js';
import { dockerAttributes } from './sources/docker.js';
import { containerOfMounts } from './sources/engine-mounts.js';
import { DEFAULT_HOST_FILES, type HostFiles } from './sources/host-files.js';
import { type RuncContainer, runcContainer, runcContainersIn } from './sources/runc-state.js';
import { runscContainerOf } from './sources/runsc-state.js';
import { ownOwners } from './sources/trusted-path.js';

/** Of a bundle's path, so many components may be the container's id. */
const MAX_IDS_IN_BUNDLE = 8;

/**
 * Makes an identity of what was read of a process. In this order, it believes:
 *
 * 1. the state of gVisor at a place known beforehand, for a gofer;
 * 2. the cgroup, by the id in it, or by the state of runc that names this cgroup;
 * 3. the state of gVisor where the command line of a gofer says that it is;
 * 4. the files of an engine that are mounted in the container.
 *
 * A process can write its command line and its mounts. They only say where to look: what is found there is believed
 * because of those who alone can have put it there, root and the agent's own user. A process that sees another file
 * system than the host's and is in no container that is found so is none of the host's either.
 */
export class ProcessResolver {
  readonly #files: HostFiles;
  readonly #known = new KnownContainers();
  readonly #namesakes = new Namesakes();
  #host: HostView | undefined;

  constructor(files: Partial<HostFiles> = {}) {
    this.#files = { ...DEFAULT_HOST_FILES, ...files };
  }

  /**
   * Who the snapshot is about. It reads files, but none for a container that it knows; whoever lets a container go
   * must have it forgotten. What the mounts say is read anew each time.
   */
  resolve(snapshot: ProcessSnapshot): ProcessIdentity {
    const container = this.#containerOf(snapshot);
    if (container !== undefined) return { container, executable: undefined };
    const { executable } = snapshot;
    // Its cgroup is known alone, of a process that had ended before anything else could be read.
    if (executable === undefined) return { container, executable, unattributed: 'gone' };
    if (!this.#hostView().has(snapshot))
      return { container, executable: undefined, unattributed: 'unknown_container' };
    return { container, executable: executableName(executable) };
  }

  /** Lets go of what is known about a container: it has ended, or its names may have changed. */
  forget(container: Namesake): void {
    this.#known.forget(container);
    this.#namesakes.remove(container);
  }

  /** Attributes that tell a container from others of its id, until it is forgotten. */
  distinguish(container: Namesake): ContainerAttributes {
    return this.#namesakes.add(container);
  }

  #containerOf(snapshot: ProcessSnapshot): ContainerIdentity | undefined {
    const gofer = goferIn(snapshot);
    if (gofer === undefined) return this.#byCgroup(snapshot) ?? this.#byMounts(snapshot);
    // The cgroup is part of the key: who forges the rest is in another one.
    const key = `gofer ${JSON.stringify(snapshot)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { runscRoots } = this.#files;
    const likely = this.#byState(runscRoots, gofer, snapshot, { everywhere: false });
    if (likely !== undefined) return this.#known.remember(key, likely);
    const other = this.#byCgroup(snapshot);
    if (other !== undefined) return other;
    // In a container anybody can pretend to be a gofer, as often as he likes. What costs more is not for him.
    const everywhere = { everywhere: true };
    const found =
      this.#byState(runscRoots, gofer, snapshot, everywhere) ??
      (gofer.root === undefined ? undefined : this.#byState([gofer.root], gofer, snapshot, everywhere));
    return found === undefined ? this.#byMounts(snapshot) : this.#known.remember(key, found);
  }

  #byCgroup(snapshot: ProcessSnapshot): ContainerIdentity | undefined {
    const named = containerOfCgroup(snapshot.cgroup);
    if (named === undefined) return this.#byRuncState(snapshot);
    const key = `cgroup of ${named.path}`;
    return this.#known.get(key) ?? this.#known.remember(key, this.#named(named, snapshot.cgroup));
  }

  #named(named: CgroupContainer, cgroupText: string): ContainerIdentity {
    const { id, podUid, path: cgroup } = named;
    const { bundles, runcRoots, cgroups } = this.#files;
    const bundle = runningBundle(bundles, id, named);
    const state = bundle === undefined ? runcContainer(runcRoots, cgroups, id, named) : undefined;
    const namespace = bundle === undefined ? state?.namespace : bundle.namespace;
    const annotations = bundle?.specification['annotations'] ?? state?.annotations;
    const attributes = {
      ...(podUid === undefined ? {} : { 'k8s.pod.uid': podUid }),
      ...this.attributesOf(id, annotations ?? {}),
      ...this.distinguish({ id, namespace, cgroup }),
    };
    return { id, namespace, cgroup, attributes, livenessPath: cgroupDirectoryOf(cgroupText, id, cgroups) };
  }

  /** `runc run NAME`. */
  #byRuncState(snapshot: ProcessSnapshot): ContainerIdentity | undefined {
    const key = `state ${snapshot.cgroup} ${snapshot.mountNamespace ?? ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { runcRoots, cgroups } = this.#files;
    const found = cgroupPaths(snapshot.cgroup)
      .flatMap((line) => runcContainersIn(line, runcRoots, cgroups))
      .find((container) => this.#isIn(container, snapshot));
    if (found === undefined) return undefined;
    const { id, namespace, directory: livenessPath, annotations } = found;
    const attributes = {
      ...attributesOfAnnotations(annotations),
      ...this.distinguish({ id, namespace }),
    };
    return this.#known.remember(key, { id, namespace, attributes, livenessPath });
  }

  /** Containers of two runtimes, or roots of one, may have been given the same cgroup: they see different files. */
  #isIn({ initPid }: RuncContainer, snapshot: ProcessSnapshot): boolean {
    return initPid === undefined || this.#hostView().isBeside(initPid, snapshot);
  }

  #byState(
    roots: readonly string[],
    gofer: Gofer,
    { pid }: ProcessSnapshot,
    extent: { everywhere: boolean },
  ): ContainerIdentity | undefined {
    // A root that a process names may be on a file system of a program, which says what it wants, or nothing ever.
    const trust = { owners: ownOwners(), avoided: this.#hostView().programFileSystems() };
    const found = runscContainerOf(roots, { pid, ids: idsIn(gofer), ...extent, trust });
    if (found === undefined) return undefined;
    const { id, namespace, stateFile: livenessPath, annotations } = found;
    const attributes = { ...this.attributesOf(id, annotations), ...this.distinguish({ id, namespace }) };
    return { id, namespace, attributes, livenessPath };
  }

  #byMounts(snapshot: ProcessSnapshot): ContainerIdentity | undefined {
    if (this.#hostView().has(snapshot)) return undefined;
    const id = containerOfMounts(snapshot, this.#files);
    return id === undefined
      ? undefined
      : { id, namespace: undefined, attributes: {}, livenessPath: undefined };
  }

  /** What files of the host say about a container. `annotations`: of its specification, where they are known. */
  attributesOf(id: string, annotations?: unknown): ContainerAttributes {
    const { bundles, runcRoots, cgroups, dockerContainers } = this.#files;
    const known =
      annotations ??
      runningBundle(bundles, id, undefined)?.specification['annotations'] ??
      runcContainer(runcRoots, cgroups, id, undefined)?.annotations;
    return { ...attributesOfAnnotations(known), ...dockerAttributes(dockerContainers, id) };
  }

  #hostView(): HostView {
    this.#host ??= new HostView(this.#files.proc);
    return this.#host;
  }
}

function goferIn(snapshot: ProcessSnapshot): Gofer | undefined {
  return looksLikeGofer(snapshot.executable) && snapshot.arguments !== undefined
    ? goferOf(snapshot.arguments, snapshot.workingDirectory)
    : undefined;
}

/** Ids that the command line of a gofer speaks of: its last argument, or a component of the bundle's path. */
function idsIn(gofer: Gofer): string[] {
  const components = gofer.bundle.split('/').toReversed().slice(0, MAX_IDS_IN_BUNDLE);
  return [...new Set([gofer.id, ...components])].filter(isContainerId);
}

/** `process.executable.name`: the file's name. The kernel marks a file that was replaced since. */
function executableName(executable: string): string | undefined {
  return attributeValue(posix.basename(executable.replace(/ \(deleted\)$/, '')));
}
