import { AF_UNIX, EPOLL_CLOEXEC, SOCK_CLOEXEC, SOCK_STREAM, SYS_PIDFD_SEND_SIGNAL } from './constants.js';
import { EBADF, EINVAL } from './errno.js';
import * as libc from './libc.js';
import { canConnectPlain } from './plain-path.js';
import { close, peerPidfd } from './socket.js';

/** What the kernel, and a filter in front of it, let this process do of what the agent relies on. */
export interface KernelFeatures {
  /** epoll_create1(2). Nothing works without it. */
  readonly epoll: boolean;
  /** pidfd_send_signal(2), Linux 5.1: whether a process that was looked at is still there. */
  readonly pidfd: boolean;
  /** SO_PEERPIDFD, Linux 6.5: which process has connected, whoever has its pid by now. */
  readonly peerPidfd: boolean;
  /** openat2(2), Linux 5.6: paths without symbolic links. */
  readonly openat2: boolean;
}

const NO_DESCRIPTOR = -1;

/** Finds out by trying; nothing is left behind. */
export function kernelFeatures(): KernelFeatures {
  const epoll = libc.result(libc.epollCreate(EPOLL_CLOEXEC));
  if (epoll >= 0) close(epoll);
  const signalled = libc.result(libc.pidfdSendSignal(SYS_PIDFD_SEND_SIGNAL, NO_DESCRIPTOR, 0, 0, 0));
  return {
    epoll: epoll >= 0,
    // A call that is there looks at its arguments.
    pidfd: signalled === -EBADF || signalled === -EINVAL,
    peerPidfd: hasPeerPidfd(),
    openat2: canConnectPlain(),
  };
}

function hasPeerPidfd(): boolean {
  const pair = new Int32Array(2);
  if (libc.result(libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) < 0) return false;
  const pidfd = peerPidfd(pair[0]!);
  for (const fd of [...pair, ...(pidfd < 0 ? [] : [pidfd])]) close(fd);
  return pidfd >= 0;
}
