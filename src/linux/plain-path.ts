import { AF_UNIX, O_CLOEXEC, O_PATH, RESOLVE_NO_SYMLINKS, SYS_OPENAT2 } from './constants.js';
import { ELOOP } from './errno.js';
import * as libc from './libc.js';

/** struct open_how, openat2(2): u64 flags, u64 mode, u64 resolve. */
const HOW_BYTES = 24;
const RESOLVE_OFFSET = 16;

const how = new Uint8Array(HOW_BYTES);
const howView = new DataView(how.buffer);
howView.setUint32(0, O_PATH | O_CLOEXEC, true);
howView.setUint32(RESOLVE_OFFSET, RESOLVE_NO_SYMLINKS, true);

/** Followed by the descriptor's number and NULs. */
const DESCRIPTOR_PATH = '/proc/self/fd/';
const FAMILY_BYTES = 2;
const ADDRESS_BYTES = 32;
const descriptorAddress = Buffer.alloc(ADDRESS_BYTES);
descriptorAddress[0] = AF_UNIX;
const DIGITS_OFFSET = FAMILY_BYTES + descriptorAddress.write(DESCRIPTOR_PATH, FAMILY_BYTES);

const ABSOLUTE = -1;

/** Converts a path for `openPlain`. */
export function plainPath(path: string): Uint8Array {
  return Buffer.from(`${path}\0`);
}

/**
 * Opens an absolute path that contains no symbolic link, with O_PATH. Returns a descriptor for the caller to close, or
 * a negated errno of openat2(2): -ELOOP if there is a link, -ENOSYS before Linux 5.6.
 */
export function openPlain(path: Uint8Array): number {
  return libc.result(libc.openat2(SYS_OPENAT2, ABSOLUTE, path, how, HOW_BYTES));
}

/**
 * Whether `openPlain` and `connectHeld` work here. They need a recent kernel, no seccomp filter that rejects
 * openat2(2), and /proc. /proc/self is a link, so the expected answer is -ELOOP.
 */
export function canConnectPlain(): boolean {
  const fd = openPlain(plainPath('/proc/self/fd'));
  if (fd >= 0) libc.close(fd);
  return fd === -ELOOP;
}

/** connect(2) to the socket file that the descriptor `held` refers to. */
export function connectHeld(fd: number, held: number): number {
  descriptorAddress.fill(0, DIGITS_OFFSET);
  descriptorAddress.write(String(held), DIGITS_OFFSET);
  return libc.result(libc.connect(fd, descriptorAddress, ADDRESS_BYTES));
}
