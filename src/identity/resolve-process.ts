import { posix } from 'node:path';
import { type CgroupContainer, cgroupPaths, containerOfCgroup } from './cgroup.js';
import { cgroupDirectoryOf } from './cgroup-directory.js';
import { isContainerId } from './container-id.js';
import { type Gofer, goferOf, looksLikeGofer } from './gofer.js';
import { HostView } from './host-view.js';
import type { ContainerIdentity, ProcessIdentity } from './identity.js';
import { KnownContainers } from './known-containers.js';
import { bundlesOfMaker } from './maker.js';
import { type Namesake, Namesakes } from './namesakes.js';
import type { ProcessSnapshot } from './process-snapshot.js';
import { attributesOfAnnotations, attributeValue, type ContainerAttributes } from './sources/attributes.js';
import {
  type ContainerRecord,
  type RunningBundle,
  runningBundle,
  specificationIn,
} from './sources/bundle.js';
import { dockerAttributes, dockerFolders } from './sources/docker.js';
import { containerOfMounts } from './sources/engine-mounts.js';
import { DEFAULT_HOST_FILES, type HostFiles } from './sources/host-files.js';
import { podmanAttributes } from './sources/podman.js';
import { type RuncContainer, runcContainer, runcContainersIn } from './sources/runc-state.js';
import { runscContainerOf } from './sources/runsc-state.js';
import { ownOwners } from './sources/trusted-path.js';

/** Number of trailing components of a bundle's path that are tried as container id. */
const MAX_IDS_IN_BUNDLE = 8;

/**
 * Identifies processes from their snapshots. It trusts, in this order:
 *
 * 1. for a gofer, gVisor's state in one of the configured directories;
 * 2. the cgroup, if it contains an engine's id or if runc's state names it;
 * 3. gVisor's state in the directory that a gofer's command line names;
 * 4. an engine's files that are mounted in the container.
 *
 * A process controls its own command line and mounts, so these only say where to look. What is found there is trusted
 * because only root or the agent's own user can have put it there. A process that sees a different file system than the
 * host, and for which no container is found, does not count as a process of the host either.
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
   * Identifies the process of a snapshot. A container that was found is remembered, and no file is read for it again
   * until `forget`. A container that was found by its mounts is looked up each time.
   */
  resolve(snapshot: ProcessSnapshot): ProcessIdentity {
    const container = this.#containerOf(snapshot);
    if (container !== undefined) return { container, executable: undefined };
    const { executable } = snapshot;
    // The process ended before anything but its cgroup could be read.
    if (executable === undefined) return { container, executable, unattributed: 'gone' };
    if (!this.#hostView().has(snapshot))
      return { container, executable: undefined, unattributed: 'unknown_container' };
    return { container, executable: executableName(executable) };
  }

  /** Forgets a container, because it has ended or its names may have changed. */
  forget(container: Namesake): void {
    this.#known.forget(container);
    this.#namesakes.remove(container);
  }

  /** Attributes that tell a container from others with the same id, until it is forgotten. */
  distinguish(container: Namesake): ContainerAttributes {
    return this.#namesakes.add(container);
  }

  #containerOf(snapshot: ProcessSnapshot): ContainerIdentity | undefined {
    const gofer = goferIn(snapshot);
    if (gofer === undefined) return this.#byCgroup(snapshot) ?? this.#byMounts(snapshot);
    // The cgroup is part of the key, so a process that forges the rest gets a key of its own.
    const key = `gofer ${JSON.stringify(snapshot)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { runscRoots } = this.#files;
    const likely = this.#byState(runscRoots, gofer, snapshot, { everywhere: false });
    if (likely !== undefined) return this.#known.remember(key, likely);
    const other = this.#byCgroup(snapshot);
    if (other !== undefined) return other;
    // A process in a container can pretend to be a gofer at any time, so the expensive search comes after the cgroup.
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
    return this.#known.get(key) ?? this.#known.remember(key, this.#named(named, snapshot));
  }

  #named(named: CgroupContainer, snapshot: ProcessSnapshot): ContainerIdentity {
    const { id, podUid, path: cgroup } = named;
    const record = this.#recordOf(id, named, snapshot.pid);
    const namespace = record?.namespace;
    const attributes = {
      ...(podUid === undefined ? {} : { 'k8s.pod.uid': podUid }),
      ...this.#attributesIn(record, id),
      ...this.distinguish({ id, namespace, cgroup }),
    };
    return {
      id,
      namespace,
      cgroup,
      attributes,
      livenessPath: cgroupDirectoryOf(snapshot.cgroup, id, this.#files.cgroups),
    };
  }

  /** A container that was started directly, as by `runc run NAME`. */
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

  /** Containers of different runtimes or state directories may share a cgroup, but they see different file systems. */
  #isIn({ initPid }: RuncContainer, snapshot: ProcessSnapshot): boolean {
    return initPid === undefined || this.#hostView().isBeside(initPid, snapshot);
  }

  #byState(
    roots: readonly string[],
    gofer: Gofer,
    { pid }: ProcessSnapshot,
    extent: { everywhere: boolean },
  ): ContainerIdentity | undefined {
    // A root named by a process may lie on a FUSE file system, whose program can return anything or never answer.
    const trust = { owners: ownOwners(), avoided: this.#hostView().programFileSystems() };
    const found = runscContainerOf(roots, { pid, ids: idsIn(gofer), ...extent, trust });
    if (found === undefined) return undefined;
    const { id, namespace, stateFile: livenessPath } = found;
    const attributes = { ...this.#attributesIn(found, id), ...this.distinguish({ id, namespace }) };
    return { id, namespace, attributes, livenessPath };
  }

  #byMounts(snapshot: ProcessSnapshot): ContainerIdentity | undefined {
    if (this.#hostView().has(snapshot)) return undefined;
    const id = containerOfMounts(snapshot, this.#files);
    return id === undefined
      ? undefined
      : { id, namespace: undefined, attributes: {}, livenessPath: undefined };
  }

  /** As Containers.attributesOf. */
  attributesOf(
    id: string,
    told: Partial<Pick<ContainerRecord, 'annotations' | 'bundle'>> = {},
  ): ContainerAttributes {
    const { bundle } = told;
    const specification = bundle === undefined ? undefined : specificationIn(bundle);
    const known = specification === undefined ? this.#recordOf(id) : { ...specification, bundle };
    return { ...this.#attributesIn(known, id), ...attributesOfAnnotations(told.annotations) };
  }

  #attributesIn(record: Partial<ContainerRecord> | undefined, id: string): ContainerAttributes {
    const { annotations, mounts, bundle } = record ?? {};
    return {
      ...attributesOfAnnotations(annotations),
      ...podmanAttributes(id, annotations, bundle),
      ...dockerAttributes([...dockerFolders(mounts), this.#files.dockerContainers], id),
    };
  }

  /**
   * The record of a container in its bundle, or else in runc's state. `cgroup`: that of the container, `pid`: one of its
   * processes, where known.
   */
  #recordOf(id: string, cgroup?: CgroupContainer, pid?: number): RunningBundle | RuncContainer | undefined {
    const { bundles, runcRoots, cgroups, proc } = this.#files;
    return (
      runningBundle(bundles, id, cgroup) ??
      runningBundle(pid === undefined ? [] : bundlesOfMaker(proc, pid, id), id, cgroup) ??
      runcContainer(runcRoots, cgroups, id, cgroup)
    );
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

/** Possible ids in a gofer's command line: the last argument, and the components of the bundle's path. */
function idsIn(gofer: Gofer): string[] {
  const components = gofer.bundle.split('/').toReversed().slice(0, MAX_IDS_IN_BUNDLE);
  return [...new Set([gofer.id, ...components])].filter(isContainerId);
}

/** `process.executable.name`: the name of the file. The kernel appends ` (deleted)` if the file was replaced. */
function executableName(executable: string): string | undefined {
  return attributeValue(posix.basename(executable.replace(/ \(deleted\)$/, '')));
}
