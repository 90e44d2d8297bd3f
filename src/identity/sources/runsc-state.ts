import { join } from 'node:path';
import { fields } from '../../values/map.js';
import { isContainerId } from '../container-id.js';
import { namespaceOfRoot } from '../namespace.js';
import type { ContainerRecord } from './bundle.js';
import { expand, MAX_STATE_BYTES, namesIn, readJsonMap } from './trusted-files.js';
import type { TrustSettings } from './trusted-path.js';

/** A container according to the state of gVisor's runsc. */
interface RunscContainer extends ContainerRecord {
  readonly id: string;
  /** containerd namespace, or the directory that holds the state. */
  readonly namespace: string;
  /** State file, which exists until the container is deleted. */
  readonly stateFile: string;
}

interface GoferSearch {
  /** Pid of the gofer. */
  readonly pid: number;
  /** Ids of the containers that it may belong to. */
  readonly ids: readonly string[];
  /** Whether to read the state of other containers as well. */
  readonly everywhere: boolean;
  readonly trust: TrustSettings;
}

/** Limits on the names read from a directory, and on the state files read without a matching id. */
const MAX_NAMES = 4096;
const MAX_GUESSES = 256;

/** The container whose state names the process `pid` as its gofer. */
export function runscContainerOf(roots: readonly string[], search: GoferSearch): RunscContainer | undefined {
  for (const { path: root } of roots.flatMap(expand)) {
    for (const file of stateFiles(root, search)) {
      const container = containerIn(root, file, search);
      if (container !== undefined) return container;
    }
  }
  return undefined;
}

/** Names of state files (`ID_sandbox:SANDBOX.state`), the likely ones first. */
function stateFiles(root: string, { ids, everywhere, trust }: GoferSearch): string[] {
  const files = namesIn(root, MAX_NAMES, trust).filter((name) => name.endsWith('.state'));
  const likely = files.filter((file) => ids.some((id) => isStateOf(file, id)));
  if (!everywhere) return likely;
  return [...likely, ...files.filter((file) => !likely.includes(file)).slice(0, MAX_GUESSES)];
}

function isStateOf(file: string, id: string): boolean {
  return file.startsWith(`${id}_sandbox:`);
}

function containerIn(root: string, file: string, { pid, trust }: GoferSearch): RunscContainer | undefined {
  const stateFile = join(root, file);
  const state = fields(readJsonMap(stateFile, MAX_STATE_BYTES, trust));
  const id = state['id'];
  if (state['goferPid'] !== pid || !isContainerId(id) || !isStateOf(file, id)) return undefined;
  const namespace = namespaceOfRoot(root);
  const { annotations, mounts } = fields(state['spec']);
  const bundle = typeof state['bundleDir'] === 'string' ? state['bundleDir'] : undefined;
  return { id, namespace, stateFile, annotations, mounts, bundle };
}
