/*
 * The default places of an agent's sockets. What containers mount lies apart from what commands the agent:
 *
 *   /run/udscope/sockets/NAME/NAME.sock    relay sockets: each can be mounted by its directory, alone
 *   /run/udscope/private/                  0700, mounted nowhere: the control socket, sockets of single containers
 *   /run/udscope/replies/                  0711: where upstreams answer to datagrams, as reply-directory.ts has it
 * The runtime wrapper reads this too: nothing is imported, which would take it time.
 */

/** Relay sockets, each in a directory of its own. */
export const SOCKETS_DIRECTORY = '/run/udscope/sockets';

/** The name of a directory that only the agent's user may enter. */
export const PRIVATE = 'private';

const PRIVATE_DIRECTORY = `/run/udscope/${PRIVATE}`;

export const DEFAULT_CONTROL_SOCKET = `${PRIVATE_DIRECTORY}/control.sock`;

export const DEFAULT_CONTAINERS_DIRECTORY = `${PRIVATE_DIRECTORY}/containers`;
