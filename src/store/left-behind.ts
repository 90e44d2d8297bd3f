import { asidePath, shownPath } from '../linux/front.js';
import { close } from '../linux/socket.js';
import { socketName, socketTypeOf } from '../linux/socket-name.js';
import { putBackStale, Takeover } from '../linux/takeover.js';
import { ListenSocket } from '../linux/unix-listener.js';
import { listenName } from './names.js';

/** Told, in words, what went wrong. */
type Failed = (message: string) => void;

/**
 * Closes a kept descriptor that nobody goes on with. If it is a listening socket whose file is still at its path, the file is
 * removed; if an earlier process has taken its path over, that is given back to its server. Returns the path then.
 */
export function closeForGood(name: string, fd: number, failed: Failed): string | undefined {
  const taken = takenPath(name, fd);
  if (taken !== undefined) {
    endTakeover(taken, fd, failed);
    return taken;
  }
  const path = socketName(fd);
  const isOurs = path !== undefined && name === listenName(path);
  const socket = isOurs ? adopt(path, fd) : undefined;
  if (socket === undefined) close(fd);
  else socket.discard();
  return socket?.path;
}

/**
 * Gives a path back to its server for as long as no agent is there to accept its clients. The front stays beside it, with those who
 * wait there, for the next agent to take the path again. Does nothing for other descriptors.
 */
export function lendToServer(name: string, fd: number, failed: Failed): void {
  const taken = takenPath(name, fd);
  const front = taken === undefined ? undefined : adopt(asidePath(taken), fd)?.file;
  if (taken !== undefined && front !== undefined)
    attemptPutBack(taken, failed, () => new Takeover(taken, front).putBack());
}

function endTakeover(taken: string, fd: number, failed: Failed): void {
  const front = adopt(asidePath(taken), fd);
  attemptPutBack(taken, failed, () => {
    if (front?.file === undefined) {
      close(fd);
      putBackStale(taken);
      return;
    }
    // Whatever else has a copy of the socket: it is told by its inode, and not by whether somebody still listens.
    const takeover = new Takeover(taken, front.file);
    takeover.putBack();
    takeover.cleanUp();
  });
  front?.discard();
}

/** The path that a socket was kept for which is bound beside it. */
function takenPath(name: string, fd: number): string | undefined {
  const bound = socketName(fd);
  const taken = bound === undefined ? undefined : shownPath(bound);
  return taken !== undefined && name === listenName(taken) ? taken : undefined;
}

function adopt(path: string, fd: number): ListenSocket | undefined {
  const type = socketTypeOf(fd);
  const socket = type === undefined ? undefined : ListenSocket.adopt(path, fd, type);
  return socket instanceof ListenSocket ? socket : undefined;
}

function attemptPutBack(taken: string, failed: Failed, action: () => void): void {
  try {
    action();
  } catch (error) {
    failed(`${taken} is not put back: ${(error as Error).message}`);
  }
}
