import { dirname } from 'node:path';
import { namespaceOfState } from '../identity/namespace.js';
import { attributeValue } from '../identity/sources/attributes.js';
import { isThere } from '../linux/files.js';
import { firstLine } from '../values/printable.js';
import { type Relayed, registerContainer, unregisterContainer } from './agent-client.js';
import { type AgentTrust, overflowUid } from './agent-connection.js';
import type { Annotations, RefusedPath } from './annotated-sockets.js';
import type { Creation } from './command-line.js';
import { type Caller, isGvisor, statePath } from './container-state.js';
import { PrepareError, shownPath } from './failure.js';
import { relaySocketProblem } from './relay-place.js';
import {
  type Before,
  beforeRewriting,
  mountProblem,
  type RelaySocket,
  rewrite,
  upstreamOf,
} from './rewrite.js';
import type { Settings } from './settings.js';
import type { Specification } from './specification.js';
import { bundleDirectory } from './specification-file.js';

/** A container with sockets to monitor. */
export interface MonitoredContainer {
  readonly creation: Creation;
  /** `--root` of the runtime, absolute. */
  readonly root: string | undefined;
  readonly specification: Specification;
  /** What is wrong with the settings. */
  readonly problems: readonly string[];
  /** What its annotation lists. */
  readonly paths: readonly string[];
  readonly settings: Settings;
  readonly caller: Caller;
}

export interface Mounted {
  /** The specification, with relay sockets mounted where that is possible. */
  readonly text: string;
  /** What could not be done, each in a sentence. */
  readonly failures: readonly string[];
}

/** Annotations that name a container, which the agent makes attributes of. */
const NAMING_PREFIX = 'io.kubernetes.';

const MAX_REASON_LENGTH = 500;

/**
 * Has the agent relay the sockets, and mounts those relay sockets in the specification. Those that could not be mounted
 * are not asked for. Where an earlier rewriting has mounted one that there is not any more, the real socket is mounted.
 *
 * @throws PrepareError when nothing can be said of the specification
 */
export async function mountRelays(container: MonitoredContainer): Promise<Mounted> {
  const { creation, specification, settings } = container;
  const bundle = bundleDirectory(creation.bundle);
  const before = beforeRewriting(specification, bundle);
  const { sockets, failures, undo } = await relaysFor(container, before, bundle);
  const rewritten = rewrite(before, sockets, {
    canAdd: canAdd(settings),
    agentDirectory: dirname(settings.control),
  });
  const all = [...failures, ...rewritten.refused.map(describe)];
  if (all.length > 0 && settings.fail === 'closed') await undo();
  return { text: rewritten.text, failures: all };
}

interface Relays {
  readonly sockets: readonly RelaySocket[];
  readonly failures: readonly string[];
  /** The container is not made after all, so that nothing would ever tell the agent of its end. */
  undo(): Promise<void>;
}

const nothing = async () => {};

async function relaysFor(container: MonitoredContainer, before: Before, bundle: string): Promise<Relays> {
  const { paths, problems, settings } = container;
  if (paths.length === 0) return { sockets: [], failures: [], undo: nothing };
  if (problems.length > 0) return { sockets: [], failures: [problems.join('; ')], undo: nothing };
  const impossible = paths.flatMap((path) => {
    const reason = mountProblem(path, before, canAdd(settings));
    return reason === undefined ? [] : [{ path, reason }];
  });
  const failures = impossible.map(describe);
  const possible = paths.filter((path) => !impossible.some((refused) => refused.path === path));
  if (possible.length === 0) return { sockets: [], failures, undo: nothing };
  try {
    const relays = await askAgent({ ...container, paths: possible }, before, bundle);
    return { ...relays, failures: [...failures, ...relays.failures] };
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    return { sockets: [], failures: [...failures, error.message], undo: nothing };
  }
}

/** @throws PrepareError */
async function askAgent(container: MonitoredContainer, before: Before, bundle: string): Promise<Relays> {
  const { creation, specification, paths, settings, caller } = container;
  const marker = markerOf(container);
  const isTaken = isThere(marker);
  // The runtime will refuse it. What the agent has for the container of that id is in use.
  if (isTaken && before.replaced.length === 0) {
    throw new PrepareError(`there is a container of that id already: ${shownPath(marker)}`);
  }
  const named = { id: creation.id, namespace: namespaceOf(marker) };
  const agent = { ...settings, trust: trustOf(settings, caller) };
  const registration = {
    ...named,
    annotations: annotationsFor(specification.annotations, settings.annotation, paths),
    // Engines write an empty source for a file system that has none.
    mounts: before.mounts.map(({ mount }) => ({ ...mount, source: mount.source || undefined })),
    bundle,
    marker,
  };
  const relayed = await registerContainer(registration, agent);
  const sockets: RelaySocket[] = [];
  const failures: string[] = [];
  for (const path of paths) {
    const found = socketFor(path, relayed, upstreamOf(path, before));
    if (typeof found === 'string') failures.push(describe({ path, reason: found }));
    else sockets.push(found);
  }
  return { sockets, failures, undo: isTaken ? nothing : () => unregisterContainer(named, agent) };
}

/** The relay socket that the agent has made for a path; why there is none, or it is not mounted. */
function socketFor(path: string, answer: Relayed, upstream: string): RelaySocket | string {
  const made = answer.sockets.find((socket) => socket.path === path && isRelayPath(socket.listen));
  if (made === undefined) return answer.refused.find((one) => one.path === path)?.reason ?? NOT_MADE;
  const problem = relaySocketProblem(made.listen, answer.agentUid, upstream);
  if (problem === undefined) return { path, listen: made.listen };
  return `is not mounted from ${shownPath(made.listen)}, as the agent has it: that ${problem}`;
}

function canAdd({ runtime }: Settings): boolean {
  return !isGvisor(runtime ?? '');
}

function trustOf({ agentUid }: Settings, { isInUserNamespace }: Caller): AgentTrust {
  return { agentUid, unknownUid: isInUserNamespace ? overflowUid() : undefined };
}

/** What an agent would refuse, it makes of the marker. */
function namespaceOf(marker: string): string | undefined {
  const namespace = namespaceOfState(marker);
  return attributeValue(namespace) === namespace ? namespace : undefined;
}

function markerOf({ creation, root, specification, settings, caller }: MonitoredContainer): string {
  const { annotations } = specification;
  return statePath({ runtime: settings.runtime ?? '', root, id: creation.id, annotations }, caller);
}

const NOT_MADE = 'has got no relay socket from the agent; let both look at the same annotation';

function describe({ path, reason }: RefusedPath): string {
  return `${shownPath(path)} ${firstLine(reason, MAX_REASON_LENGTH)}`;
}

function isRelayPath(path: string): boolean {
  return path.startsWith('/') && !/\p{Cc}/u.test(path) && !path.split('/').includes('..');
}

/** Those that name the container, and of the sockets those that are wanted: for this container, whatever its name. */
function annotationsFor(annotations: Annotations, key: string, paths: readonly string[]): Annotations {
  const naming = Object.entries(annotations).filter(([name]) => name.startsWith(NAMING_PREFIX));
  return { ...Object.fromEntries(naming), [key]: paths.join(',') };
}
