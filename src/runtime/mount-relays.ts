import type { Annotations, RefusedPath } from '../receivers/uds/containers/annotated-sockets.js';
import { isThere } from '../receivers/uds/identity/sources/read-file.js';
import { firstLine } from '../values/printable.js';
import { registerContainer, unregisterContainer } from './agent.js';
import type { Creation } from './command-line.js';
import { type Caller, isGvisor, statePath } from './container-state.js';
import { PrepareError, shownPath } from './failure.js';
import { beforeRewriting, mountProblem, type OriginalMount, type RelaySocket, rewrite } from './rewrite.js';
import type { Settings } from './settings.js';
import type { Specification } from './specification.js';
import { bundleDirectory } from './specification-file.js';

/** A container with sockets to monitor. */
export interface MonitoredContainer {
  readonly creation: Creation;
  /** `--root` of the runtime, absolute. */
  readonly root: string | undefined;
  readonly specification: Specification;
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
 * are not asked for.
 *
 * @throws PrepareError
 */
export async function mountRelays(container: MonitoredContainer): Promise<Mounted> {
  const { creation, specification, settings, paths } = container;
  const bundle = bundleDirectory(creation.bundle);
  const before = beforeRewriting(specification, bundle);
  const marker = markerOf(container);
  const isTaken = isThere(marker);
  // The runtime will refuse it. What the agent has for the container of that id is in use.
  if (isTaken && before.replaced.length === 0) {
    throw new PrepareError(`there is a container of that id already: ${shownPath(marker)}`);
  }
  const canAdd = !isGvisor(settings.runtime ?? '');
  const impossible = paths.flatMap((path) => {
    const reason = mountProblem(path, before, canAdd);
    return reason === undefined ? [] : [{ path, reason }];
  });
  const possible = paths.filter((path) => !impossible.some((refused) => refused.path === path));
  if (possible.length === 0) return { text: specification.text, failures: impossible.map(describe) };
  const { sockets, refused } = await askAgent(
    { ...container, paths: possible },
    marker,
    bundle,
    before.mounts,
  );
  const rewritten = rewrite(before, sockets, canAdd);
  const failures = [...impossible, ...refused, ...rewritten.refused].map(describe);
  // It is not made, so that nothing would ever tell the agent of its end.
  if (failures.length > 0 && settings.fail === 'closed' && !isTaken) {
    await unregisterContainer(creation.id, settings);
  }
  return { text: rewritten.text, failures };
}

interface Relays {
  readonly sockets: readonly RelaySocket[];
  readonly refused: readonly RefusedPath[];
}

async function askAgent(
  { creation, specification, paths, settings }: MonitoredContainer,
  marker: string,
  bundle: string,
  mounts: readonly OriginalMount[],
): Promise<Relays> {
  const { id } = creation;
  const { annotations } = specification;
  const answer = await registerContainer(
    {
      id,
      annotations: annotationsFor(annotations, settings.annotation, paths),
      // Engines write an empty source for a file system that has none.
      mounts: mounts.map(({ mount }) => ({ ...mount, source: mount.source || undefined })),
      bundle,
      marker,
    },
    settings,
  );
  const sockets: RelaySocket[] = [];
  const refused: RefusedPath[] = [];
  for (const path of paths) {
    const made = answer.sockets.find((socket) => socket.path === path && isRelayPath(socket.listen));
    const reason = answer.refused.find((one) => one.path === path)?.reason ?? NOT_MADE;
    if (made === undefined) refused.push({ path, reason });
    else sockets.push({ path, listen: made.listen });
  }
  return { sockets, refused };
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
