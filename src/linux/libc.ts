/**
 * The C library's functions, declared once with fixed prototypes.
 *
 * Pointers travel as numbers: user-space addresses fit in 47 (x86-64) or 48 (arm64) bits, and a number costs no
 * allocation where a BigInt or a wrapper object would. Functions that return `ssize_t` are declared as `int`, since no
 * transfer here exceeds 2^31 bytes.
 */
import koffi from 'koffi';

// dlopen(NULL): the C library this process already runs on, whether glibc or musl.
const libc = koffi.load(null);

/** What JavaScript passes for a C type. */
interface Argument {
  int: number;
  uint: number;
  long: number;
  ulong: number;
  int64: number;
  size_t: number;
  /** A native address. */
  intptr: number;
  /** Memory of JavaScript's. */
  'void *': Uint8Array | Int32Array | Uint32Array;
  str: string;
}

type Type = keyof Argument;
type Arguments<T extends readonly Type[]> = { -readonly [K in keyof T]: Argument[T[K]] };
type Native<T extends readonly Type[]> = (...args: Arguments<T>) => number;

function native<const T extends readonly Type[]>(name: string, result: Type, ...types: T): Native<T> {
  return libc.func(name, result, [...types]);
}

export const socket = native('socket', 'int', 'int', 'int', 'int');
/** socketpair(2): domain, type, protocol, and where the two descriptors go. */
export const socketpair = native('socketpair', 'int', 'int', 'int', 'int', 'void *');
export const bind = native('bind', 'int', 'int', 'void *', 'int');
export const listen = native('listen', 'int', 'int', 'int');
export const connect = native('connect', 'int', 'int', 'void *', 'int');
export const accept4 = native('accept4', 'int', 'int', 'intptr', 'intptr', 'int');
export const recvmsg = native('recvmsg', 'int', 'int', 'intptr', 'int');
export const sendmsg = native('sendmsg', 'int', 'int', 'intptr', 'int');
export const recv = native('recv', 'int', 'int', 'intptr', 'int', 'int');
export const send = native('send', 'int', 'int', 'intptr', 'int', 'int');
/** send(2) from memory of JavaScript's. */
export const sendFrom = native('send', 'int', 'int', 'void *', 'size_t', 'int');
export const sendto = native('sendto', 'int', 'int', 'void *', 'size_t', 'int', 'void *', 'int');
export const shutdown = native('shutdown', 'int', 'int', 'int');
export const close = native('close', 'int', 'int');
/** fcntl(2) with a number as its argument. */
export const fcntl = native('fcntl', 'int', 'int', 'int', 'int');
export const read = native('read', 'int', 'int', 'void *', 'size_t');
export const write = native('write', 'int', 'int', 'void *', 'size_t');
export const getsockopt = native('getsockopt', 'int', 'int', 'int', 'int', 'void *', 'void *');
export const getpeername = native('getpeername', 'int', 'int', 'void *', 'void *');
export const setsockopt = native('setsockopt', 'int', 'int', 'int', 'int', 'void *', 'int');
export const getsockname = native('getsockname', 'int', 'int', 'void *', 'void *');
/** poll(2) for one descriptor: its struct pollfd as two words, the count 1, and the timeout in ms. */
export const poll = native('poll', 'int', 'void *', 'ulong', 'int');

export const epollCreate = native('epoll_create1', 'int', 'int');
export const epollControl = native('epoll_ctl', 'int', 'int', 'int', 'int', 'intptr');
export const epollWait = native('epoll_wait', 'int', 'int', 'intptr', 'int', 'int');
export const clockGetTime = native('clock_gettime', 'int', 'int', 'intptr');
export const eventfd = native('eventfd', 'int', 'uint', 'int');
export const timerfdCreate = native('timerfd_create', 'int', 'int', 'int');
export const timerfdSettime = native('timerfd_settime', 'int', 'int', 'int', 'intptr', 'intptr');

export const memcpy = native('memcpy', 'intptr', 'intptr', 'intptr', 'size_t');
/** memcpy(3) into a typed array. It returns the array's native address. */
export const memcpyInto = native('memcpy', 'intptr', 'void *', 'intptr', 'size_t');
export const mmap = native('mmap', 'intptr', 'intptr', 'size_t', 'int', 'int', 'int', 'int64');
export const madvise = native('madvise', 'int', 'intptr', 'size_t', 'int');
/** mallopt(3) of glibc; undefined in other C libraries. */
export const mallopt = optional(() => native('mallopt', 'int', 'int', 'int'));
/** malloc_trim(3) of glibc; undefined in other C libraries. */
export const mallocTrim = optional(() => native('malloc_trim', 'int', 'size_t'));

/** open(2) without O_CREAT, so without a mode. */
export const open = native('open', 'int', 'intptr', 'int');
/** syscall(2) with the arguments of openat2(2). The path ends with a NUL. */
export const openat2 = native('syscall', 'int', 'long', 'int', 'void *', 'void *', 'size_t');
export const openByHandleAt = native('open_by_handle_at', 'int', 'int', 'intptr', 'int');
/** read(2) into native memory. */
export const readInto = native('read', 'int', 'int', 'intptr', 'size_t');
export const readlink = native('readlink', 'int', 'intptr', 'intptr', 'size_t');
export const linkat = native('linkat', 'int', 'int', 'str', 'int', 'str', 'int');

/** syscall(2) with the arguments of renameat2(2). */
export const renameat2 = native('syscall', 'int', 'long', 'int', 'str', 'int', 'str', 'uint');
export const removexattr = native('removexattr', 'int', 'str', 'str');
/** ioctl(2) with a pointer as its argument. */
export const ioctl = native('ioctl', 'int', 'int', 'ulong', 'intptr');

/** dlsym(3) of what is loaded already: the address of a function, 0 if there is none of that name. */
export const dlsym = optional(() => native('dlsym', 'intptr', 'intptr', 'str'));
/** syscall(2) with the arguments of gettid(2): none. */
export const gettid = native('syscall', 'int', 'long');
/** syscall(2) with the arguments of timer_create(2): clock, struct sigevent, and where the timer's number goes. */
export const timerCreate = native('syscall', 'int', 'long', 'int', 'void *', 'void *');
/** syscall(2) with the arguments of timer_settime(2): timer, flags, struct itimerspec, and no place for the old one. */
export const timerSettime = native('syscall', 'int', 'long', 'int', 'int', 'void *', 'intptr');
/** signal(2) with SIG_DFL, SIG_IGN or the address of a function. */
export const signal = native('signal', 'intptr', 'int', 'intptr');
export const alarm = native('alarm', 'uint', 'uint');
/** waitid(2): which processes, whose, where the siginfo_t goes, options. */
export const waitid = native('waitid', 'int', 'int', 'int', 'void *', 'int');
export const kill = native('kill', 'int', 'int', 'int');
/** setpriority(2): what `who` names, who, and the nice value. */
export const setpriority = native('setpriority', 'int', 'int', 'uint', 'int');
/** syscall(2) with the arguments of fstat(2): some C libraries have no function of that name. */
export const fstat = native('syscall', 'int', 'long', 'int', 'intptr');
export const fstatfs = native('fstatfs', 'int', 'int', 'intptr');
/** syscall(2) with the arguments of pidfd_send_signal(2). */
export const pidfdSendSignal = native('syscall', 'int', 'long', 'int', 'int', 'intptr', 'uint');

// The C library's setgroups() and its like change all threads of a process, the system calls only the calling thread.
/** syscall(2) with the arguments of setgroups(2). */
export const setgroups = native('syscall', 'int', 'long', 'int', 'intptr');
/** syscall(2) with the arguments of setresuid(2) or setresgid(2): real, effective and saved id. */
export const setres = native('syscall', 'int', 'long', 'uint', 'uint', 'uint');
/** syscall(2) with the arguments of capget(2) or capset(2): header and data. */
export const capabilities = native('syscall', 'int', 'long', 'intptr', 'intptr');
// These only concern the calling thread in any case.
export const getresuid = native('getresuid', 'int', 'intptr', 'intptr', 'intptr');
export const getresgid = native('getresgid', 'int', 'intptr', 'intptr', 'intptr');
export const getgroups = native('getgroups', 'int', 'int', 'intptr');
/** prctl(2) with one numeric argument. */
export const prctl = native('prctl', 'int', 'int', 'ulong');

/** errno of the last call that failed on this thread. Only valid right after the failure. */
export const lastErrno: () => number = koffi.errno;

/** Follows the kernel's convention: a non-negative result, or the negated errno. */
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
