import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { findTrusted } from '../identity/sources/trusted-path.js';
import { attempt } from '../values/attempt.js';
import { PrepareError, shownPath, systemReason } from './failure.js';

/*
 * Whom the wrapper believes. Most engines run it as root, and it has the paths mounted into containers that the agent answers
 * with: another program in the agent's place could have any file of the host mounted. So the wrapper asks the kernel which user
 * listens on the control socket, and checks that no other user can have put the socket there.
 */

export interface AgentTrust {
  /** The user, beside root, that the agent may run as. */
  readonly agentUid: number;
  /** In a user namespace, the number that stands for all users without an id there. */
  readonly unknownUid: number | undefined;
}

export interface AgentConnection {
  readonly socket: Socket;
  /** The user that the agent runs as. */
  readonly uid: number;
}

/** 65534 unless it was changed (proc(5), /proc/sys/kernel/overflowuid). */
export function overflowUid(): number {
  return Number(attempt(() => readFileSync('/proc/sys/kernel/overflowuid', 'utf8')) ?? 65_534);
}

/**
 * Connects to the control socket and checks that it is the agent's.
 *
 * @param signal aborted when it has taken too long
 * @throws PrepareError, or whatever the signal is aborted with
 */
export async function connectToAgent(
  control: string,
  { agentUid, unknownUid }: AgentTrust,
  signal: AbortSignal,
): Promise<AgentConnection> {
  const owners = new Set([0, agentUid]);
  const place = findTrusted(control, { owners, followsLast: true });
  // Connecting says itself that nothing is there.
  const path = 'problem' in place ? control : place.path;
  if ('problem' in place && place.isThere) throw refusal(control, `it ${place.problem}`);
  const socket = await connected(control, path, signal);
  try {
    const uid = await serverOf(socket, control);
    if (uid === unknownUid) throw refusal(control, UNKNOWN_USER);
    if (!owners.has(uid)) throw refusal(control, `it is served by user ${uid}, ${notBelieved(agentUid)}`);
    return { socket, uid };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const UNKNOWN_USER =
  'it is served by a user without an id in this user namespace, so that it cannot be told which user it is';

function notBelieved(agentUid: number): string {
  const believed = agentUid === 0 ? 'root' : `root or user ${agentUid}`;
  return `and only ${believed} is believed; give the agent's user as agent_uid`;
}

function connected(control: string, path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const abort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', (error) => reject(refusal(control, connectionReason(error), error)));
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function connectionReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such socket; start udscope with the control extension';
  if (error.code === 'ECONNREFUSED') return 'nobody listens there; start udscope with the control extension';
  return systemReason(error);
}

/** The user that listens at the other end. @throws PrepareError */
async function serverOf(socket: Socket, control: string): Promise<number> {
  const fd = descriptorOf(socket);
  try {
    // It takes some milliseconds to load, and is needed only where there is an agent.
    const { peerCredentials } = await import('../linux/socket.js');
    const credentials = fd === undefined ? undefined : peerCredentials(fd);
    if (credentials !== undefined) return credentials.uid;
  } catch (error) {
    throw refusal(control, `the user that serves it cannot be found out: ${String(error)}`, error);
  }
  throw refusal(control, 'the user that serves it cannot be found out');
}

/** Node has no other way to the descriptor of a connection. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as { _handle?: { fd?: unknown } })._handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

function refusal(control: string, reason: string, cause?: unknown): PrepareError {
  return new PrepareError(`cannot ask the agent at ${shownPath(control)}: ${reason}`, {
    cause,
    reason: 'agent_unavailable',
  });
}
