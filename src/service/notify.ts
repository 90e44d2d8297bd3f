import { hrtime } from 'node:process';
import { errnoName } from '../linux/errno.js';
import { unixAddress } from '../linux/sockaddr.js';
import { sendDatagram } from '../linux/socket.js';

const NANOSECONDS_PER_MICROSECOND = 1000n;

/** States of a service as sd_notify(3) spells them. */
export type ServiceState = 'READY' | 'RELOADING' | 'STOPPING';

/**
 * Tells the service manager at `socket` ($NOTIFY_SOCKET) about a state; does nothing where there is none. `status` is a line
 * for its users.
 *
 * @throws Error when the manager cannot be reached.
 */
export function notify(socket: string | undefined, state: ServiceState, status: string): void {
  if (socket === undefined || socket === '') return;
  const lines = [`${state}=1`, `STATUS=${status}`];
  // systemd matches a reload to its READY by this clock, which is the one hrtime reads.
  if (state === 'RELOADING') lines.push(`MONOTONIC_USEC=${hrtime.bigint() / NANOSECONDS_PER_MICROSECOND}`);
  const result = sendDatagram(unixAddress(socket), Buffer.from(lines.join('\n')));
  if (result < 0) throw new Error(`cannot notify ${socket}: ${errnoName(-result)}`);
}
