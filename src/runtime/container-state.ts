import { basename, join } from 'node:path';
import type { Annotations } from './annotated-sockets.js';

/** The facts about the calling process that decide where the runtime keeps its state. */
export interface Caller {
  readonly isRoot: boolean;
  /** Whether it is root of another user's namespace only, as in rootless engines. */
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

/** The annotations that name the sandbox which a container of a pod joins. */
const SANDBOX_ID_KEYS = ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'];

/** gVisor: its mounts are made by a gofer, and its state lies in files. */
export function isGvisor(runtime: string): boolean {
  return basename(runtime).includes('runsc');
}

/**
 * The liveness path of a container: it appears when the container is made and vanishes when it is deleted. For runc and crun it is
 * a directory (`ROOT/ID`), for runsc a file (`ROOT/ID_sandbox:SANDBOX.state`). An unknown runtime is taken for runc.
 */
export function statePath({ runtime, root, id, annotations }: StateQuestion, caller: Caller): string {
  if (!isGvisor(runtime)) return join(root ?? defaultRoot(basename(runtime), caller), id);
  const sandbox = SANDBOX_ID_KEYS.map((key) => annotations[key]).find((value) => value !== undefined) ?? id;
  return join(root ?? gvisorRoot(caller), `${id}_sandbox:${sandbox}.state`);
}

/** crun always uses the variable; runc does unless it is the host's root (its rootless_linux.go). */
function defaultRoot(runtime: string, caller: Caller): string {
  const { runtimeDirectory = '/run' } = caller;
  if (runtime.includes('crun')) return join(runtimeDirectory, 'crun');
  return join(isHostRoot(caller) ? '/run' : runtimeDirectory, 'runc');
}

function isHostRoot({ isRoot, isInUserNamespace, userName }: Caller): boolean {
  return isRoot && (!isInUserNamespace || userName === 'root');
}

/** runsc always uses the variable, too. */
function gvisorRoot({ runtimeDirectory }: Caller): string {
  return join(runtimeDirectory ?? '/var/run', 'runsc');
}
