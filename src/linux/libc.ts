/**
 * The C library's functions, declared once with fixed prototypes.
 *
 * Pointers travel as numbers: user-space addresses fit in 47 (x86-64) or 48 (arm64) bits, and a number
 * costs no allocation where a BigInt or a wrapper object would. Results are `int` although some of
 * these functions return `ssize_t`: no transfer here exceeds 2^31 bytes.
 */
import koffi from 'koffi';

// dlopen(NULL): the libc this process already runs on, whether glibc or musl.
const libc = koffi.load(null);

type Native<Arguments extends number[]> = (...args: Arguments) => number;
type NativeWithBytes = (fd: number, bytes: Uint8Array | Int32Array, length: number) => number;

export const socket: Native<[number, number, number]> = libc.func('socket', 'int', ['int', 'int', 'int']);
export const bind: NativeWithBytes = libc.func('bind', 'int', ['int', 'void *', 'int']);
export const listen: Native<[number, number]> = libc.func('listen', 'int', ['int', 'int']);
export const connect: NativeWithBytes = libc.func('connect', 'int', ['int', 'void *', 'int']);
export const accept4: Native<[number, number, number, number]> = libc.func('accept4', 'int', [
  'int',
  'intptr',
  'intptr',
  'int',
]);
export const recvmsg: Native<[number, number, number]> = libc.func('recvmsg', 'int', [
  'int',
  'intptr',
  'int',
]);
export const sendmsg: Native<[number, number, number]> = libc.func('sendmsg', 'int', [
  'int',
  'intptr',
  'int',
]);
export const send: Native<[number, number, number, number]> = libc.func('send', 'int', [
  'int',
  'intptr',
  'int',
  'int',
]);
export const sendto: (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: number,
) => number = libc.func('sendto', 'int', ['int', 'void *', 'size_t', 'int', 'void *', 'int']);
export const shutdown: Native<[number, number]> = libc.func('shutdown', 'int', ['int', 'int']);
export const close: Native<[number]> = libc.func('close', 'int', ['int']);
export const read: NativeWithBytes = libc.func('read', 'int', ['int', 'void *', 'size_t']);
export const write: NativeWithBytes = libc.func('write', 'int', ['int', 'void *', 'size_t']);
export const getsockopt: (
  fd: number,
  level: number,
  option: number,
  value: Int32Array | Uint32Array,
  length: Int32Array,
) => number = libc.func('getsockopt', 'int', ['int', 'int', 'int', 'void *', 'void *']);
/** `send` with bytes of this thread's. */
export const sendFrom: (fd: number, bytes: Uint8Array, length: number, flags: number) => number = libc.func(
  'send',
  'int',
  ['int', 'void *', 'size_t', 'int'],
);
/** As poll(2) for one descriptor: its struct pollfd as two words. */
export const poll: (descriptor: Int32Array, count: number, timeoutMs: number) => number = libc.func(
  'poll',
  'int',
  ['void *', 'ulong', 'int'],
);
export const setsockopt: (
  fd: number,
  level: number,
  option: number,
  value: Int32Array,
  length: number,
) => number = libc.func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'int']);

export const epollCreate: Native<[number]> = libc.func('epoll_create1', 'int', ['int']);
export const epollControl: Native<[number, number, number, number]> = libc.func('epoll_ctl', 'int', [
  'int',
  'int',
  'int',
  'intptr',
]);
export const epollWait: Native<[number, number, number, number]> = libc.func('epoll_wait', 'int', [
  'int',
  'intptr',
  'int',
  'int',
]);
export const clockGetTime: Native<[number, number]> = libc.func('clock_gettime', 'int', ['int', 'intptr']);
export const memcpy: Native<[number, number, number]> = libc.func('memcpy', 'intptr', [
  'intptr',
  'intptr',
  'size_t',
]);
/** The same with a typed array for a target, to learn where its memory is. */
export const memcpyInto: (target: Uint8Array, source: number, length: number) => number = libc.func(
  'memcpy',
  'intptr',
  ['void *', 'intptr', 'size_t'],
);
export const eventfd: Native<[number, number]> = libc.func('eventfd', 'int', ['uint', 'int']);

/** As open(2) without O_CREAT, and so without a mode. */
export const open: Native<[number, number]> = libc.func('open', 'int', ['intptr', 'int']);
/** syscall(2) with the arguments of openat2(2); the path ends with a NUL. */
export const openat2: (call: number, at: number, path: Uint8Array, how: Uint8Array, size: number) => number =
  libc.func('syscall', 'int', ['long', 'int', 'void *', 'void *', 'size_t']);
export const readInto: Native<[number, number, number]> = libc.func('read', 'int', [
  'int',
  'intptr',
  'size_t',
]);
export const readlink: Native<[number, number, number]> = libc.func('readlink', 'int', [
  'intptr',
  'intptr',
  'size_t',
]);
export const alarm: Native<[number]> = libc.func('alarm', 'uint', ['uint']);
export const kill: Native<[number, number]> = libc.func('kill', 'int', ['int', 'int']);
/** syscall(2) with the arguments of pidfd_send_signal(2). */
export const pidfdSendSignal: Native<[number, number, number, number, number]> = libc.func('syscall', 'int', [
  'long',
  'int',
  'int',
  'intptr',
  'uint',
]);

/** syscall(2) with the arguments of setgroups(2): for the calling thread, where the C library changes all of them. */
export const setgroups: Native<[number, number, number]> = libc.func('syscall', 'int', [
  'long',
  'int',
  'intptr',
]);
/** The same with those of setresuid(2) or setresgid(2): real, effective and saved id. */
export const setres: Native<[number, number, number, number]> = libc.func('syscall', 'int', [
  'long',
  'uint',
  'uint',
  'uint',
]);
/** The same with those of capget(2) or capset(2): header and data. */
export const capabilities: Native<[number, number, number]> = libc.func('syscall', 'int', [
  'long',
  'intptr',
  'intptr',
]);
// These are the calling thread's in any case.
export const getresuid: Native<[number, number, number]> = libc.func('getresuid', 'int', [
  'intptr',
  'intptr',
  'intptr',
]);
export const getresgid: Native<[number, number, number]> = libc.func('getresgid', 'int', [
  'intptr',
  'intptr',
  'intptr',
]);
export const getgroups: Native<[number, number]> = libc.func('getgroups', 'int', ['int', 'intptr']);
/** As prctl(2) with one argument that is a number. */
export const prctl: Native<[number, number]> = libc.func('prctl', 'int', ['int', 'ulong']);

/** ioctl(2) with a pointer for its argument. */
export const ioctl: Native<[number, number, number]> = libc.func('ioctl', 'int', ['int', 'ulong', 'intptr']);
export const openByHandleAt: Native<[number, number, number]> = libc.func('open_by_handle_at', 'int', [
  'int',
  'intptr',
  'int',
]);

export const removexattr: (path: string, name: string) => number = libc.func('removexattr', 'int', [
  'str',
  'str',
]);
export const mmap: Native<[number, number, number, number, number, number]> = libc.func('mmap', 'intptr', [
  'intptr',
  'size_t',
  'int',
  'int',
  'int',
  'int64',
]);
export const madvise: Native<[number, number, number]> = libc.func('madvise', 'int', [
  'intptr',
  'size_t',
  'int',
]);

/** mallopt(3) of glibc; undefined where the C library has none. */
export const mallopt: Native<[number, number]> | undefined = optional(() =>
  libc.func('mallopt', 'int', ['int', 'int']),
);

/** errno of the last call that failed on this thread. Read it right after the failure, and only there. */
export const lastErrno: () => number = koffi.errno;

/** The kernel's convention: a non-negative result, or the negated errno. */
export function result(value: number): number {
  return value >= 0 ? value : -koffi.errno();
}

function optional<T>(declare: () => T): T | undefined {
  try {
    return declare();
  } catch {
    return undefined;
  }
}
