import { statSync } from 'node:fs';
import { findTrusted, isClosed } from '../identity/sources/trusted-path.js';
import { attempt } from '../values/attempt.js';

/**
 * Why a path that the agent has answered is not mounted, in words that follow it. It must be a socket in a directory that belongs to
 * the agent's user and that no one else can write to. Then it is the agent's whatever its own owner is (the agent gives it the
 * owner of its upstream), and nothing else can be put in its place before the runtime mounts it. An agent that is not root cannot
 * change owners, so its sockets must be its own: otherwise it could answer with a socket that it has no access to.
 *
 * @param upstream the socket that the container would have without it
 */
export function relaySocketProblem(listen: string, agentUid: number, upstream: string): string | undefined {
  const owners = new Set([0, agentUid]);
  const found = findTrusted(listen, { owners });
  if ('problem' in found) return found.problem;
  const { stats, directory } = found;
  if (stats.isSymbolicLink()) return 'is a symbolic link';
  if (!stats.isSocket()) return 'is not a socket';
  if (directory.uid !== agentUid || !isClosed(directory, owners)) {
    return `is in a directory that is not that of user ${agentUid} alone, as whom the agent runs`;
  }
  const isOwn = agentUid === 0 || stats.uid === agentUid;
  if (isOwn || stats.uid === attempt(() => statSync(upstream))?.uid) return undefined;
  return `belongs to user ${stats.uid}, neither the agent's nor that of the socket it stands for`;
}
