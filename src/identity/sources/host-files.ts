/** Where the container engines and runtimes of this host keep their files. `*` stands for any one directory. */
export interface HostFiles {
  /** The proc file system. */
  readonly proc: string;
  /** Directory at or below which the cgroup file systems are mounted. */
  readonly cgroups: string;
  /** Directories with a `NAME/state.json` for each container of runc. */
  readonly runcRoots: readonly string[];
  /** Directories with a `NAME_sandbox:SANDBOX.state` for each container of gVisor. */
  readonly runscRoots: readonly string[];
  /** OCI bundles of running containers. `{id}` stands for the container id. */
  readonly bundles: readonly string[];
  /** Directory with an `ID/config.v2.json` for each container of Docker, where its specification tells no other. */
  readonly dockerContainers: string;
}

export const DEFAULT_HOST_FILES: HostFiles = {
  proc: '/proc',
  cgroups: '/sys/fs/cgroup',
  runcRoots: ['/run/runc', '/run/containerd/runc/*', '/var/run/docker/runtime-runc/moby'],
  runscRoots: ['/var/run/runsc', '/run/containerd/runsc/*', '/var/run/docker/runtime-runc/moby'],
  bundles: [
    '/run/containerd/io.containerd.runtime.v2.task/*/{id}',
    '/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/{id}',
    '/run/containers/storage/overlay-containers/{id}/userdata',
    '/var/lib/containers/storage/overlay-containers/{id}/userdata',
  ],
  dockerContainers: '/var/lib/docker/containers',
};
