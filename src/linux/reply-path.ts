import { constants, readFileSync } from 'node:fs';
import { AF_UNIX, O_CLOEXEC, O_PATH, RESOLVE_CACHED, RESOLVE_IN_ROOT, SYS_OPENAT2 } from './constants.js';
import { EAGAIN } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';
import { existsByPid, existsByPidfd } from './proc.js';

/** struct open_how, openat2(2): u64 flags, u64 mode, u64 resolve. */
const HOW_BYTES = 24;
const RESOLVE_OFFSET = 16;

const how = new Uint8Array(HOW_BYTES);
const howView = new DataView(how.buffer);
// bind(2) follows no link at the end of its path: one that is there now was put in the place of the file.
howView.setUint32(0, O_PATH | O_CLOEXEC | constants.O_NOFOLLOW, true);
howView.setUint32(RESOLVE_OFFSET, RESOLVE_IN_ROOT | RESOLVE_CACHED, true);

/** A rename anywhere at the same moment has RESOLVE_CACHED fail. */
const TRIES = 5;

const PATH_BYTES = 256;
const path = new NativeMemory(PATH_BYTES);

/**
 * Opens the file that a process has bound its socket to, with O_PATH: where the process sees that path, in its root directory or the
 * directory it works in, whatever links to directories there are. So it cannot name a file that it does not see, and a path means what it means to
 * the process. The file system is not asked: the file was just made, and one that does not answer would hold up this thread.
 *
 * @param name sun_path as the kernel gives it, a path with or without its NUL
 * @param pidfd of the process, which must exist still; negative where the kernel gives none
 * @returns a descriptor for the caller to close, or a negated errno
 */
export function openBoundFile(pid: number, pidfd: number, name: Uint8Array): number {
  const isAbsolute = name[0] === '/'.charCodeAt(0);
  const end = path.bytes.write(`/proc/${pid}/${isAbsolute ? 'root' : 'cwd'}`);
  path.bytes[end] = 0;
  const directory = libc.result(libc.open(path.address, O_PATH | O_CLOEXEC));
  if (directory < 0) return directory;
  const file = Buffer.from(`${Buffer.from(name).toString('latin1').replace(/\0.*$/s, '')}\0`, 'latin1');
  let fd = -EAGAIN;
  for (let i = 0; i < TRIES && fd === -EAGAIN; i++) {
    fd = libc.result(libc.openat2(SYS_OPENAT2, directory, file, how, HOW_BYTES));
  }
  libc.close(directory);
  if (fd < 0 || (pidfd < 0 ? existsByPid(pid) : existsByPidfd(pidfd))) return fd;
  // What was opened may be of another process of that pid.
  libc.close(fd);
  return -EAGAIN;
}

/**
 * Whether two descriptors of openBoundFile are of one file in one mount, as proc(5) tells: the file system is not asked. Before Linux 5.14,
 * which does not tell the inode, all files of a mount are taken for the same.
 */
export function isSameFile(a: number, b: number): boolean {
  try {
    return (
      readFileSync(`/proc/self/fdinfo/${a}`, 'latin1') === readFileSync(`/proc/self/fdinfo/${b}`, 'latin1')
    );
  } catch {
    // Out of descriptors.
    return false;
  }
}

/** Writes the address of a held socket file, as of struct sockaddr_un, and returns its length. */
export function writeHeldAddress(memory: Buffer, offset: number, fd: number): number {
  memory[offset] = AF_UNIX;
  memory[offset + 1] = 0;
  const bytes = memory.write(`/proc/self/fd/${fd}\0`, offset + 2);
  return 2 + bytes;
}
