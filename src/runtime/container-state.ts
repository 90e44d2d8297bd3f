import { basename, join } from 'node:path';
import type { Annotations } from './annotated-sockets.js';

/** What of the process that calls the runtime decides where the runtime keeps its state. */
export interface Caller {
  readonly isRoot: boolean;
  /** Whether that is root of a user namespace of somebody else's, as in rootless engines. */
  readonly isInUserNamespace: boolean;
  /** $USER */
  readonly userName: string | undefined;
  /** $XDG_RUNTIME_DIR */
  readonly runtimeDirectory: string | undefined;
}

export interface StateQuestion {
  /** The real runtime. */
  readonly runtime: string;
  /** `--root`, absolute. */
  readonly root: string | undefined;
  readonly id: string;
  readonly annotations: Annotations;
}

/** Which container's sandbox a container of a pod joins. */
const SANDBOX_ID_KEYS = ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'];

/** gVisor: its mounts are made by a gofer, and its state lies in files. */
export function isGvisor(runtime: string): boolean {
  return basename(runtime).includes('runsc');
}

/**
 * The path that appears when the container is made and vanishes when it is deleted: a directory of runc and crun
 * (`ROOT/ID`), a file of runsc (`ROOT/ID_sandbox:SANDBOX.state`). A runtime nobody knows is taken for a runc.
 */
export function statePath({ runtime, root, id, annotations }: StateQuestion, caller: Caller): string {
  if (!isGvisor(runtime)) return join(root ?? defaultRoot(basename(runtime), caller), id);
  const sandbox = SANDBOX_ID_KEYS.map((key) => annotations[key]).find((value) => value !== undefined) ?? id;
  return join(root ?? gvisorRoot(caller), `${id}_sandbox:${sandbox}.state`);
}

/** crun goes by the variable whoever it is, runc only where it is not the host's root (its rootless_linux.go). */
function defaultRoot(runtime: string, caller: Caller): string {
  const { runtimeDirectory = '/run' } = caller;
  if (runtime.includes('crun')) return join(runtimeDirectory, 'crun');
  return join(isHostRoot(caller) ? '/run' : runtimeDirectory, 'runc');
}

function isHostRoot({ isRoot, isInUserNamespace, userName }: Caller): boolean {
  return isRoot && (!isInUserNamespace || userName === 'root');
}

/** runsc goes by the variable whoever it is, too. */
function gvisorRoot({ runtimeDirectory }: Caller): string {
  return join(runtimeDirectory ?? '/var/run', 'runsc');
}
