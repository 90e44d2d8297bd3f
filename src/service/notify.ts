import { hrtime } from 'node:process';
import { errnoName } from '../linux/errno.js';
import type { ServiceManager } from '../store/service-manager.js';

const NANOSECONDS_PER_MICROSECOND = 1000n;

/** States of a service as sd_notify(3) spells them. */
export type ServiceState = 'READY' | 'RELOADING' | 'STOPPING';

/**
 * Tells the service manager about a state; does nothing where there is none. `status` is a line for its users.
 *
 * @throws Error when the manager cannot be reached.
 */
export function notify(manager: ServiceManager | undefined, state: ServiceState, status: string): void {
  if (manager === undefined) return;
  const lines = [`${state}=1`, `STATUS=${status}`];
  // systemd matches a reload to its READY by this clock, which is the one hrtime reads.
  if (state === 'RELOADING') lines.push(`MONOTONIC_USEC=${hrtime.bigint() / NANOSECONDS_PER_MICROSECOND}`);
  const result = manager.send(lines.join('\n'), []);
  if (result < 0) throw new Error(`cannot notify ${manager.name}: ${errnoName(-result)}`);
}
