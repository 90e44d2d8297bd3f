import { POLLIN } from '../linux/constants.js';
import { receiveDescriptors } from '../linux/descriptor-message.js';
import { takeOver } from '../linux/descriptors.js';
import { EAGAIN, EINTR } from '../linux/errno.js';
import { poll } from '../linux/libc.js';
import { hasPeerClosed } from '../linux/socket.js';
import { type InheritedDescriptor, wholeNumber } from './inherited.js';
import { fieldsOf } from './message.js';

/** The variable by which the supervisor names the descriptor of its end: SEQPACKET, messages as of sd_notify(3). */
export const SUPERVISOR_VARIABLE = 'UDSCOPE_SUPERVISOR';

const FOREVER = -1;

/** How often to look whether the supervisor still lives, in ms. */
const LOOK_MS = 1000;

/** The descriptor that leads to the supervisor; undefined if there is none. It is not for programs that this one starts. */
export function supervisorDescriptor(env: NodeJS.ProcessEnv): number | undefined {
  const fd = wholeNumber(env[SUPERVISOR_VARIABLE]);
  delete env[SUPERVISOR_VARIABLE];
  return fd !== undefined && takeOver(fd) ? fd : undefined;
}

/** Whether the supervisor has something to say. */
export function hasWord(fd: number): boolean {
  return poll(Int32Array.of(fd, POLLIN), 1, 0) > 0;
}

/**
 * Waits until the supervisor lets this process start, which is at once unless it is a standby. The calling thread does nothing
 * else meanwhile; signals end the process if nothing handles them. Returns what earlier processes have kept; undefined if the
 * supervisor has ended.
 */
export function awaitStart(fd: number): InheritedDescriptor[] | undefined {
  const inherited: InheritedDescriptor[] = [];
  for (;;) {
    const message = receiveDescriptors(fd);
    if (typeof message === 'object') {
      const fields = fieldsOf(message.text);
      const names = fields.flatMap(([key, value]) => (key === 'FDNAME' ? [value] : []));
      inherited.push(...message.fds.map((each, i) => ({ name: names[i] ?? '', fd: each })));
      if (fields.some(([key]) => key === 'START')) return inherited;
    } else if (message === -EAGAIN || message === -EINTR) poll(Int32Array.of(fd, POLLIN), 1, FOREVER);
    else return undefined;
  }
}

/** Tells once that the supervisor has ended. Does not keep the process alive. */
export function watchSupervisor(fd: number, ended: () => void): void {
  const timer = setInterval(() => {
    if (!hasPeerClosed(fd)) return;
    clearInterval(timer);
    ended();
  }, LOOK_MS).unref();
}
