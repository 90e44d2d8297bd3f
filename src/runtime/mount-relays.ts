import { dirname } from 'node:path';
import { namespaceOfState } from '../identity/namespace.js';
import { attributeValue } from '../identity/sources/attributes.js';
import { isThere } from '../linux/files.js';
import { firstLine } from '../values/printable.js';
import { type Relayed, registerContainer, unregisterContainer } from './agent-client.js';
import { type AgentTrust, overflowUid } from './agent-connection.js';
import {
  type AnnotatedSocket,
  type Annotations,
  annotatedSockets,
  type RefusedPath,
} from './annotated-sockets.js';
import { type Before, beforeRewriting } from './before-rewriting.js';
import type { Creation } from './command-line.js';
import { type Caller, isGvisor, statePath } from './container-state.js';
import { type Failure, PrepareError, shownPath } from './failure.js';
import { relaySocketProblem } from './relay-place.js';
import { mountProblem, type RelaySocket, rewrite } from './rewrite.js';
import type { Settings } from './settings.js';
import type { Specification } from './specification.js';
import { bundleDirectory } from './specification-file.js';

/** A container with sockets to monitor. */
export interface MonitoredContainer {
  readonly creation: Creation;
  /** `--root` of the runtime, absolute. */
  readonly root: string | undefined;
  readonly specification: Specification;
  /** Problems of the settings, each a sentence. */
  readonly problems: readonly string[];
  /** The paths that its annotation lists. */
  readonly paths: readonly string[];
  readonly settings: Settings;
  readonly caller: Caller;
}

export interface Mounted {
  /** The specification, with relay sockets mounted where that is possible. */
  readonly text: string;
  readonly failures: readonly Failure[];
}

/** Annotations that name a container; the agent makes attributes of them. */
const NAMING_PREFIX = 'io.kubernetes.';

const MAX_REASON_LENGTH = 500;

/**
 * Has the agent relay the sockets, and mounts the relay sockets in the specification. The agent is not asked for a socket that could not
 * be mounted. A relay socket that an earlier rewriting has mounted and that is gone is replaced by the real socket.
 *
 * @throws PrepareError when the specification cannot be used
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
  const all = [...failures, ...rewritten.refused.map(annotationFailure)];
  if (all.length > 0 && settings.fail === 'closed') await undo();
  return { text: rewritten.text, failures: all };
}

interface Relays {
  readonly sockets: readonly RelaySocket[];
  readonly failures: readonly Failure[];
  /** For a container that is not made after all: nothing would ever tell the agent of its end. */
  undo(): Promise<void>;
}

const nothing = async () => {};

async function relaysFor(container: MonitoredContainer, before: Before, bundle: string): Promise<Relays> {
  const { paths, problems, settings } = container;
  if (paths.length === 0) return { sockets: [], failures: [], undo: nothing };
  if (problems.length > 0) {
    const failure: Failure = { reason: 'configuration', message: problems.join('; ') };
    return { sockets: [], failures: [failure], undo: nothing };
  }
  const mounts = before.mounts.map(({ mount }) => mount);
  const { sockets, refused } = annotatedSockets(paths, mounts);
  const impossible = sockets.flatMap(({ path }) => {
    const reason = mountProblem(path, before, canAdd(settings));
    return reason === undefined ? [] : [{ path, reason }];
  });
  const failures = [...refused, ...impossible].map(annotationFailure);
  const possible = sockets.filter(({ path }) => !impossible.some((other) => other.path === path));
  if (possible.length === 0) return { sockets: [], failures, undo: nothing };
  try {
    const relays = await askAgent(container, possible, before, bundle);
    return { ...relays, failures: [...failures, ...relays.failures] };
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    return { sockets: [], failures: [...failures, error], undo: nothing };
  }
}

/** @throws PrepareError */
async function askAgent(
  container: MonitoredContainer,
  wanted: readonly AnnotatedSocket[],
  before: Before,
  bundle: string,
): Promise<Relays> {
  const { creation, specification, settings, caller } = container;
  const livenessPath = livenessPathOf(container);
  const isTaken = isThere(livenessPath);
  // The runtime will refuse the container. The sockets that the agent has under that id are in use.
  if (isTaken && before.replaced.length === 0) {
    throw new PrepareError(`there is a container of that id already: ${shownPath(livenessPath)}`, {
      reason: undefined,
    });
  }
  const named = { id: creation.id, namespace: namespaceOf(livenessPath) };
  const agent = { ...settings, trust: trustOf(settings, caller) };
  const registration = {
    ...named,
    sockets: wanted,
    annotations: namingAnnotations(specification.annotations, settings.annotation),
    // Engines write an empty source for a file system that has none.
    mounts: before.mounts.map(({ mount }) => ({ ...mount, source: mount.source || undefined })),
    bundle,
    livenessPath,
  };
  const relayed = await registerContainer(registration, agent);
  const sockets: RelaySocket[] = [];
  const failures: Failure[] = [];
  for (const { path, upstream } of wanted) {
    const found = socketFor(path, relayed, upstream);
    if (typeof found === 'string')
      failures.push({ reason: 'agent_refused', message: describe({ path, reason: found }) });
    else sockets.push(found);
  }
  return { sockets, failures, undo: isTaken ? nothing : () => unregisterContainer(named, agent) };
}

/** The relay socket that the agent has made for a path, or why none is mounted. */
function socketFor(path: string, answer: Relayed, upstream: string): RelaySocket | string {
  const made = answer.sockets.find((socket) => socket.path === path && isRelayPath(socket.listen));
  if (made === undefined) return answer.refused.find((one) => one.path === path)?.reason ?? NOT_MADE;
  const problem = relaySocketProblem(made.listen, answer.agentUid, upstream);
  if (problem === undefined) return { path, listen: made.listen };
  return `is not mounted from ${shownPath(made.listen)}, which the agent has answered: that ${problem}`;
}

function canAdd({ runtime }: Settings): boolean {
  return !isGvisor(runtime ?? '');
}

function trustOf({ agentUid }: Settings, { isInUserNamespace }: Caller): AgentTrust {
  return { agentUid, unknownUid: isInUserNamespace ? overflowUid() : undefined };
}

/** undefined where the agent would refuse it: it then takes the namespace from the liveness path itself. */
function namespaceOf(livenessPath: string): string | undefined {
  const namespace = namespaceOfState(livenessPath);
  return attributeValue(namespace) === namespace ? namespace : undefined;
}

function livenessPathOf({ creation, root, specification, settings, caller }: MonitoredContainer): string {
  const { annotations } = specification;
  return statePath({ runtime: settings.runtime ?? '', root, id: creation.id, annotations }, caller);
}

const NOT_MADE = 'has got no relay socket from the agent';

function annotationFailure(refused: RefusedPath): Failure {
  return { reason: 'annotation', message: describe(refused) };
}

function describe({ path, reason }: RefusedPath): string {
  return `${shownPath(path)} ${firstLine(reason, MAX_REASON_LENGTH)}`;
}

function isRelayPath(path: string): boolean {
  return path.startsWith('/') && !/\p{Cc}/u.test(path) && !path.split('/').includes('..');
}

/** Those that name the container; none that names sockets. */
function namingAnnotations(annotations: Annotations, key: string): Annotations {
  const isNaming = (name: string) =>
    name.startsWith(NAMING_PREFIX) && name !== key && !name.startsWith(`${key}.`);
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => isNaming(name)));
}
