import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { realSocketPath } from '../linux/real-socket-path.js';
import { attempt } from '../values/attempt.js';
import { isInside } from '../values/file-path.js';
import { quote } from '../values/quote.js';

/*
 * A relay socket is mounted into a container by its directory, so that a restart of the agent is only a reconnect. If the control
 * socket were in that directory, or below, the container's root could command the agent: have any socket of the host
 * relayed, and read all payload. So what commands the agent and what is mounted lie apart.
 */

/** A path, and where it was configured. */
export interface Placed<At> {
  readonly path: string;
  readonly at: At;
}

/** A control socket. */
export interface ControlPlace {
  readonly path: string;
  /** The configuration insists on its place: `allow_in_socket_directory`. */
  readonly insists: boolean;
}

export interface Layout<At> {
  readonly controls: readonly (ControlPlace & Placed<At>)[];
  /** Listening sockets that are not made for a single container. */
  readonly listens: readonly Placed<At>[];
  readonly upstreams: readonly Placed<At>[];
  /** Directories in which sockets of containers are made. */
  readonly directories: readonly Placed<At>[];
}

/** A path that is where it may not be, and why, in words that follow it. */
export interface Misplacement<At> extends Placed<At> {
  readonly message: string;
}

const APART =
  'let sockets listen in directories of their own, as /run/udscope/sockets/NAME/NAME.sock, or insist with ' +
  'allow_in_socket_directory: true in the control extension';
const GIVEN_AWAY = 'whoever mounts that is given the agent, and any socket of the host with it';

/** All misplaced paths of an agent. */
export function misplacements<At>(layout: Layout<At>): Misplacement<At>[] {
  const { controls, listens, upstreams } = layout;
  return [
    ...controls.flatMap((control) => misplacedControl(control, layout)),
    ...misplacedDirectories(layout),
    ...controls.flatMap((control) => listens.flatMap((listen) => misplacedListen(control, listen))),
    ...upstreams
      .filter(({ path }) => leadsToControl(path, controls))
      .map((each) => ({ ...each, message: IS_CONTROL })),
  ];
}

/** In words that follow the path of an upstream. */
export const IS_CONTROL =
  'is the control socket of the agent itself, which would take its clients for the agent; give another';

/** Whether a path is a control socket, existing or not, by any link or name. */
export function leadsToControl(path: string, controls: readonly ControlPlace[]): boolean {
  return controls.some((control) => path === control.path || isSameSocket(path, control.path));
}

/** The control socket that a container with such a mount could reach; undefined if it reaches none. */
export function controlBehind(source: string, controls: readonly ControlPlace[]): string | undefined {
  const real = realSocketPath(source);
  return controls.find(
    ({ path, insists }) => !insists && (isWithin(path, real) || isSameSocket(source, path)),
  )?.path;
}

function misplacedControl<At>(
  control: ControlPlace & Placed<At>,
  { listens, directories }: Layout<At>,
): Misplacement<At>[] {
  if (control.insists) return [];
  // One is enough: many sockets lie in one directory as a rule.
  const listen = listens.find(({ path }) => path !== control.path && isMountedWith(control.path, path));
  if (listen !== undefined) {
    const message = `lies in the directory of the listening socket ${quote(listen.path)}, or below: ${GIVEN_AWAY}; ${APART}`;
    return [{ ...placed(control), message }];
  }
  const directory = directories.find(({ path }) => isWithin(control.path, path));
  if (directory === undefined) return [];
  return [
    {
      ...placed(control),
      message: `lies among the sockets of containers in ${quote(directory.path)}; ${APART}`,
    },
  ];
}

function misplacedDirectories<At>({ controls, listens, directories }: Layout<At>): Misplacement<At>[] {
  // Without a control socket nothing is made there.
  if (controls.every(({ insists }) => insists)) return [];
  return directories.flatMap((directory) => {
    const listen = listens.find(({ path }) => isMountedWith(directory.path, path));
    if (listen === undefined) return [];
    const message = `lies in the directory of the listening socket ${quote(listen.path)}, or below: whoever mounts that is given the sockets of all containers; ${APART}`;
    return [{ ...placed(directory), message }];
  });
}

function misplacedListen<At>(control: ControlPlace, listen: Placed<At>): Misplacement<At>[] {
  if (listen.path.startsWith('@')) return [];
  if (leadsToControl(listen.path, [control])) {
    return [{ ...placed(listen), message: 'is the control socket of the agent; give another path' }];
  }
  const isBelow = isWithin(listen.path, dirname(control.path));
  // In one directory, the control socket is the one that is said to be in the wrong place.
  if (control.insists || !isBelow || isMountedWith(control.path, listen.path)) return [];
  const message = `lies below the directory of the control socket ${quote(control.path)}, which is not to be mounted; ${APART}`;
  return [{ ...placed(listen), message }];
}

function placed<At>({ path, at }: Placed<At>): Placed<At> {
  return { path, at };
}

/** Whether a path is mounted along with the directory of a listening socket. */
function isMountedWith(path: string, listen: string): boolean {
  return !listen.startsWith('@') && isWithin(path, dirname(listen));
}

/** Compares the paths as they are written, for another machine perhaps; as they are here; and where a directory is mounted twice. */
function isWithin(path: string, directory: string): boolean {
  const real = realSocketPath(path);
  return (
    isInside(path, directory) ||
    isInside(real, realSocketPath(directory)) ||
    pathsTo(real).some((ancestor) => isSameFile(ancestor, directory))
  );
}

/** A path and every directory on the way to it. */
function pathsTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...pathsTo(parent)];
}

/** By place or by inode: a socket may have several names. */
function isSameSocket(path: string, control: string): boolean {
  if (path.startsWith('@')) return false;
  return realSocketPath(path) === realSocketPath(control) || isSameFile(path, control);
}

function isSameFile(path: string, other: string): boolean {
  const [a, b] = [path, other].map((each) => attempt(() => statSync(each)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
