import { writeFileSync } from 'node:fs';

/**
 * Names the calling thread, as `ps`, `top -H` and `pgrep` show it; the name of the main thread is that of the process. The arguments stay,
 * which a title would overwrite. Of more than 15 bytes the kernel keeps the first 15 (proc_pid_comm(5)).
 */
export function nameThread(name: string): void {
  try {
    writeFileSync('/proc/thread-self/comm', name);
  } catch {
    // Where /proc cannot be written to, it keeps the name of its program.
  }
}
