import { dirname } from 'node:path';
import { isInside } from '../values/file-path.js';
import { placeOf, type RefusedPath } from './annotated-sockets.js';
import type { Before, Replaced } from './before-rewriting.js';
import { appendMember, applyEdits, type Edit, insertItem, removeMember, replaceValue } from './json-edit.js';
import { itemsOf } from './json-text.js';
import { canRestore, restoreEdits } from './restore.js';
import { REWRITE_RECORD, type Replacement, writeRecord } from './rewrite-record.js';
import { annotationSpan, type Specification, type SpecifiedMount } from './specification.js';

/*
 * Points mounts at relay sockets. A mount of the socket itself gets another source. For a socket in a mounted
 * directory a mount is added on top of it. Both are read-only: that keeps no client from connecting, but the container
 * cannot unlink a socket that others rely on.
 */

/** Options of an added mount. Where the relay socket's file system has them, a rootless runtime may not drop them. */
const ADDED_OPTIONS = ['bind', 'ro', 'nosuid', 'nodev', 'noexec'];

export interface RelaySocket {
  readonly path: string;
  readonly listen: string;
}

export interface Rewritten {
  readonly text: string;
  /** Sockets that are left as they were. The reasons follow the path in a sentence. */
  readonly refused: readonly RefusedPath[];
}

export interface RewriteSettings {
  /** The runtime can mount a socket on top of another that lies in a mounted directory. */
  readonly canAdd: boolean;
  /** The directory of the control socket: only the agent puts anything in there. */
  readonly agentDirectory: string;
}

/** Mounts these relay sockets, and takes back the mounts of all others that an earlier rewriting made. */
export function rewrite(
  before: Before,
  sockets: readonly RelaySocket[],
  { canAdd, agentDirectory }: RewriteSettings,
): Rewritten {
  const edits: Edit[] = [];
  const mounted = new Set<string>();
  const refused: RefusedPath[] = [];
  const replacements = new Map(before.replaced.map(({ replacement }) => [replacement.path, replacement]));
  for (const socket of sockets) {
    const change = changeFor(socket, before, canAdd);
    if ('reason' in change) {
      refused.push({ path: socket.path, reason: change.reason });
    } else {
      edits.push(...change.edits);
      replacements.set(socket.path, change.replacement);
      mounted.add(socket.path);
    }
  }
  for (const replaced of before.replaced) {
    const { replacement } = replaced;
    if (mounted.has(replacement.path) || !canRestore(replacement, agentDirectory)) continue;
    edits.push(...restoreEdits(replaced, before.specification));
    replacements.delete(replacement.path);
  }
  if (edits.length > 0) edits.push(...recordEdits(before.specification, [...replacements.values()]));
  return { text: applyEdits(before.specification.text, edits), refused };
}

/** Why a relay socket could not be mounted at a path, in words that follow it; undefined: it could. */
export function mountProblem(path: string, before: Before, canAdd: boolean): string | undefined {
  if (rewrittenAt(path, before).length > 0) return undefined;
  const place = placeIn(path, before);
  if ('reason' in place) return place.reason;
  return place.isWholeMount || canAdd ? undefined : CANNOT_ADD;
}

function rewrittenAt(path: string, { replaced }: Before): Replaced[] {
  return replaced.filter(({ replacement }) => isInside(path, replacement.path));
}

function placeIn(path: string, { mounts }: Before) {
  return placeOf(
    path,
    mounts.map(({ mount }) => mount),
  );
}

type Change =
  | { readonly edits: readonly Edit[]; readonly replacement: Replacement }
  | { readonly reason: string };

function changeFor(socket: RelaySocket, before: Before, canAdd: boolean): Change {
  const { path, listen } = socket;
  const { specification, mounts } = before;
  const earlier = rewrittenAt(path, before);
  if (earlier.length > 0) return changeAgain(socket, earlier, specification);
  const place = placeIn(path, before);
  if ('reason' in place) return place;
  const { index } = mounts[place.mount]!;
  const replacement = { path, listen, source: place.upstream, added: !place.isWholeMount };
  if (place.isWholeMount) {
    const mount = specification.mounts[index]!;
    const edits = readOnly(mount, specification.text);
    const options = mount.optionsSpan === undefined ? null : (mount.options ?? []);
    return {
      edits: [replaceValue(mount.sourceSpan!, listen), ...edits],
      replacement: edits.length === 0 ? replacement : { ...replacement, options },
    };
  }
  if (!canAdd) return { reason: CANNOT_ADD };
  const added = { destination: path, type: 'bind', source: listen, options: ADDED_OPTIONS };
  const list = specification.mountsSpan!;
  return { edits: [insertItem(specification.text, list, index, added)], replacement };
}

/**
 * A socket whose mount was rewritten before. The rewrite record is believed only of that very mount, and only if its source is
 * where the agent has this container's relay sockets: a forged one could otherwise reach a socket of the host that is not
 * mounted into the container.
 */
function changeAgain(
  { path, listen }: RelaySocket,
  earlier: readonly Replaced[],
  { mounts, text }: Specification,
): Change {
  const isOurs = ({ replacement }: Replaced) =>
    replacement.path === path && dirname(replacement.listen) === dirname(listen);
  if (!earlier.every(isOurs)) return { reason: FOREIGN_RECORD };
  const edits = earlier
    .filter(({ replacement }) => replacement.listen !== listen)
    .flatMap(({ index }) => pointAt(listen, mounts[index]!, text));
  return { edits, replacement: { ...earlier[0]!.replacement, listen } };
}

const FOREIGN_RECORD =
  `is mounted from where the agent has no relay sockets of this container, by its annotation ${REWRITE_RECORD}; make the ` +
  'container anew from a specification without that annotation';

const CANNOT_ADD =
  'lies in a mounted directory, and gVisor cannot mount a relay socket over it there; mount the socket itself ' +
  'instead of its directory';

function pointAt(listen: string, mount: SpecifiedMount, text: string): Edit[] {
  return [replaceValue(mount.sourceSpan!, listen), ...readOnly(mount, text)];
}

function readOnly({ span, optionsSpan, options = [] }: SpecifiedMount, text: string): Edit[] {
  if (optionsSpan === undefined) return [appendMember(text, span, 'options', ['bind', 'ro'])];
  const items = itemsOf(text, optionsSpan);
  const writable = items.filter((_, index) => options[index] === 'rw');
  if (writable.length > 0) return writable.map((item) => replaceValue(item, 'ro'));
  return options.includes('ro') ? [] : [insertItem(text, optionsSpan, items.length - 1, 'ro')];
}

function recordEdits(specification: Specification, replacements: readonly Replacement[]): Edit[] {
  const { text, annotationsSpan } = specification;
  if (replacements.length === 0 && annotationsSpan !== undefined) {
    const removal = removeMember(text, annotationsSpan, REWRITE_RECORD);
    if (removal.length > 0) return removal;
  }
  // In a fixed order, so that a second rewriting gives the same text.
  const value = writeRecord([...replacements].sort((a, b) => (a.path < b.path ? -1 : 1)));
  const present = annotationSpan(specification, REWRITE_RECORD);
  if (present !== undefined) return [replaceValue(present, value)];
  return [appendMember(text, annotationsSpan!, REWRITE_RECORD, value)];
}
