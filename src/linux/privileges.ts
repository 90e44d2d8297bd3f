import { readFileSync } from 'node:fs';
import { geteuid } from 'node:process';

const ROOT = 0;

/**
 * Whether this process may do more than its user could: it is root, or has capabilities, as a service with a user of its own
 * has that systemd gives some. What cannot be found out is assumed.
 */
export function isPrivileged(): boolean {
  return geteuid?.() === ROOT || !hasNoCapabilities();
}

/** As proc_pid_status(5) has the effective ones. */
function hasNoCapabilities(): boolean {
  try {
    return /^CapEff:\s*0+$/m.test(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return false;
  }
}
