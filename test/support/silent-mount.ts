import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { geteuid } from 'node:process';
import type { Cleanup } from './cleanup.js';

const DEVICE_AS_STDIN = 'fd=0,rootmode=40000,user_id=0,group_id=0';

/** Mounts a FUSE whose program never answers. undefined where that cannot be done: not root, or no /dev/fuse. */
export function mountSilent(directory: string, cleanup: Cleanup): string | undefined {
  if (geteuid?.() !== 0) return undefined;
  let device: number;
  try {
    device = openSync('/dev/fuse', 'r+');
  } catch {
    return undefined;
  }
  cleanup.defer(() => closeSync(device));
  const stdio = [device, 'ignore', 'ignore'] as const;
  const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', DEVICE_AS_STDIN, 'silent', directory], {
    stdio: [...stdio],
  });
  if (mounted.status !== 0) return undefined;
  cleanup.defer(() => void spawnSync('umount', ['-l', directory]));
  return directory;
}
