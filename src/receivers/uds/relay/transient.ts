import { EAGAIN, EINTR, ENOBUFS, ENOMEM, ETOOMANYREFS } from '../../../linux/errno.js';

/** Whether what could not be sent can be sent later: the result of a send, as a negative errno. */
export function isTransient(result: number): boolean {
  return (
    result === -EAGAIN ||
    result === -EINTR ||
    result === -ENOBUFS ||
    result === -ENOMEM ||
    result === -ETOOMANYREFS
  );
}
