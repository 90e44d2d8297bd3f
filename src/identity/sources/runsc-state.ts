import { join } from 'node:path';
import { fields, type UnknownMap } from '../../values/map.js';
import { isContainerId } from '../container-id.js';
import { namespaceOfRoot } from '../namespace.js';
import { expand, MAX_STATE_BYTES, namesIn, readJsonMap } from './trusted-files.js';
import { ownOwners, type TrustSettings } from './trusted-path.js';

/** A container as the state of gVisor's runsc has it. */
export interface RunscContainer {
  readonly id: string;
  /** Of containerd, or the folder that the state is in. */
  readonly namespace: string;
  /** The file of its state, which is there until it is deleted. */
  readonly stateFile: string;
  readonly annotations: UnknownMap;
}

/** What to look for, and how far. */
export interface GoferSearch {
  /** Of the gofer. */
  readonly pid: number;
  /** Containers that it may belong to. */
  readonly ids: readonly string[];
  /** Look into the state of every other container, too. */
  readonly everywhere: boolean;
  /** Whose word is believed; default: root's, and that of the agent's user. */
  readonly trust?: TrustSettings;
}

/** Names in a root, and state files read of containers that nothing points to. */
const MAX_NAMES = 4096;
const MAX_GUESSES = 256;

/** The container whose state says that its gofer is the process `pid`. */
export function runscContainerOf(roots: readonly string[], search: GoferSearch): RunscContainer | undefined {
  const { pid, trust = { owners: ownOwners() } } = search;
  for (const { path: root } of roots.flatMap(expand)) {
    for (const file of stateFiles(root, search, trust)) {
      const container = containerIn(root, file, pid, trust);
      if (container !== undefined) return container;
    }
  }
  return undefined;
}

/** Names of state files (`ID_sandbox:SANDBOX.state`), those first that are likely. */
function stateFiles(root: string, search: GoferSearch, trust: TrustSettings): string[] {
  const files = namesIn(root, MAX_NAMES, trust).filter((name) => name.endsWith('.state'));
  const likely = files.filter((file) => search.ids.some((id) => isStateOf(file, id)));
  if (!search.everywhere) return likely;
  return [...likely, ...files.filter((file) => !likely.includes(file)).slice(0, MAX_GUESSES)];
}

function isStateOf(file: string, id: string): boolean {
  return file.startsWith(`${id}_sandbox:`);
}

function containerIn(
  root: string,
  file: string,
  pid: number,
  trust: TrustSettings,
): RunscContainer | undefined {
  const stateFile = join(root, file);
  const state = fields(readJsonMap(stateFile, MAX_STATE_BYTES, trust));
  const id = state['id'];
  if (state['goferPid'] !== pid || !isContainerId(id) || !isStateOf(file, id)) return undefined;
  const namespace = namespaceOfRoot(root);
  return { id, namespace, stateFile, annotations: fields(fields(state['spec'])['annotations']) };
}
