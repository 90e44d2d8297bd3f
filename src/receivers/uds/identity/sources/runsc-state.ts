import { join } from 'node:path';
import { fields, type UnknownMap } from '../../../../values/map.js';
import { isContainerId } from '../container-id.js';
import { expand, MAX_STATE_BYTES, namesIn, readJsonMap } from './read-file.js';

/** A container as the state of gVisor's runsc has it. */
export interface RunscContainer {
  readonly id: string;
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
}

/** Names in a root, and state files read of containers that nothing points to. */
const MAX_NAMES = 4096;
const MAX_GUESSES = 256;

/** The container whose state says that its gofer is the process `pid`. */
export function runscContainerOf(roots: readonly string[], search: GoferSearch): RunscContainer | undefined {
  for (const root of roots.flatMap(expand)) {
    for (const file of stateFiles(root, search)) {
      const container = containerIn(root, file, search.pid);
      if (container !== undefined) return container;
    }
  }
  return undefined;
}

/** Names of state files (`ID_sandbox:SANDBOX.state`), those first that are likely. */
function stateFiles(root: string, search: GoferSearch): string[] {
  const files = namesIn(root, MAX_NAMES).filter((name) => name.endsWith('.state'));
  const likely = files.filter((file) => search.ids.some((id) => isStateOf(file, id)));
  if (!search.everywhere) return likely;
  return [...likely, ...files.filter((file) => !likely.includes(file)).slice(0, MAX_GUESSES)];
}

function isStateOf(file: string, id: string): boolean {
  return file.startsWith(`${id}_sandbox:`);
}

function containerIn(root: string, file: string, pid: number): RunscContainer | undefined {
  const stateFile = join(root, file);
  const state = fields(readJsonMap(stateFile, MAX_STATE_BYTES));
  const id = state['id'];
  if (state['goferPid'] !== pid || !isContainerId(id) || !isStateOf(file, id)) return undefined;
  return { id, stateFile, annotations: fields(fields(state['spec'])['annotations']) };
}
