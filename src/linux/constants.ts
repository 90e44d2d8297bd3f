/**
 * Linux constants under their names in the kernel headers. x86-64 and arm64 agree on every value listed here
 * (asm-generic/socket.h, asm-generic/fcntl.h, linux/eventpoll.h, linux/mman.h).
 */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** linux/un.h: returns an O_PATH descriptor of the file that a socket is bound to. Needs CAP_NET_ADMIN. */
export const SIOCUNIXFILE = 0x89e0;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

export const SOL_SOCKET = 1;
export const SO_TYPE = 3;
export const SO_SNDBUF = 7;
/** Beyond the system's limit; needs CAP_NET_ADMIN. */
export const SO_SNDBUFFORCE = 32;
export const SO_PEERCRED = 17;
export const SO_ACCEPTCONN = 30;
export const SO_DOMAIN = 39;
/** Linux 4.13. */
export const SO_PEERGROUPS = 59;
export const SCM_RIGHTS = 1;
export const SCM_CREDENTIALS = 2;
export const SO_PASSCRED = 16;
export const SO_PASSSEC = 34;
/** Linux 6.5: SCM_PIDFD comes to those who have set SO_PASSPIDFD. */
export const SCM_PIDFD = 4;
export const SO_PASSPIDFD = 76;
/** Linux 6.5. */
export const SO_PEERPIDFD = 77;

/** fcntl(2). */
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_SETOWN = 8;
export const F_DUPFD_CLOEXEC = 1030;
export const FD_CLOEXEC = 1;
export const O_NONBLOCK = 0o4000;
export const O_ASYNC = 0o20000;

/** waitid(2). */
export const P_ALL = 0;
export const P_PID = 1;
export const WNOHANG = 1;
export const WEXITED = 4;
export const WNOWAIT = 0x0100_0000;

export const O_RDONLY = 0;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

/** linux/openat2.h: fails if there is a symbolic link on the path or at its end. */
export const RESOLVE_NO_SYMLINKS = 0x04;
/** The directory that the path starts in is the root on its way. */
export const RESOLVE_IN_ROOT = 0x10;
/** Linux 5.12: fails with EAGAIN where the file system would have to be asked. */
export const RESOLVE_CACHED = 0x20;

/** linux/pidfd.h: _IOWR(0xFF, 11, struct pidfd_info), with the structure's first size of 64 bytes. */
export const PIDFD_GET_INFO = 0xc040ff0b;
export const PIDFD_INFO_CGROUPID = 0x4;
export const PIDFD_INFO_EXIT = 0x8;

/** linux/exportfs.h: a handle that contains the 64-bit id of a kernfs node, such as a cgroup. */
export const FILEID_KERNFS = 0xfe;

/** System calls that older C libraries do not wrap (asm-generic/unistd.h). */
export const SYS_PIDFD_SEND_SIGNAL = 424;
export const SYS_OPENAT2 = 437;

/** linux/prctl.h, linux/securebits.h. */
export const PR_SET_DUMPABLE = 4;
export const PR_SET_KEEPCAPS = 8;
export const PR_GET_SECUREBITS = 27;
export const SECBIT_NO_SETUID_FIXUP = 1 << 2;

/** linux/capability.h: capabilities as bits of the first of two words, and the version of the layout with two words. */
export const CAP_DAC_OVERRIDE = 1 << 1;
export const CAP_DAC_READ_SEARCH = 1 << 2;
export const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** Set in msg_flags when control data, such as descriptors, did not fit and was dropped. */
export const MSG_CTRUNC = 0x8;
export const MSG_PEEK = 0x2;
/** recvmsg(2) returns how long the message is, also where less of it was read; set in msg_flags then. */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
/** Descriptors that come along are not for programs that the process starts. */
export const MSG_CMSG_CLOEXEC = 0x4000_0000;

/** signal(7), and timer_create(2): its signal goes to one thread. */
export const SIGURG = 23;
export const SIGEV_THREAD_ID = 4;

/** poll(2). */
export const POLLIN = 0x001;
export const POLLOUT = 0x004;
export const POLLHUP = 0x010;

export const EPOLLIN = 0x001;
export const EPOLLPRI = 0x002;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE = 1 << 28;
export const EPOLLET = 1 << 31;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_CLOEXEC = 0o2000000;

export const CLOCK_MONOTONIC = 1;

export const TFD_CLOEXEC = 0o2000000;
export const TFD_NONBLOCK = 0o4000;

export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_PRIVATE = 0x02;
export const MAP_ANONYMOUS = 0x20;
export const MADV_DONTNEED = 4;
export const MADV_DONTDUMP = 16;

/** linux/nsfs.h: _IOR(0xb7, 5, u64), since Linux 6.12. The id of a mount namespace, which is never reused. */
export const NS_GET_MNTNS_ID = 0x8008b705;

/** malloc.h of glibc. */
export const M_MMAP_THRESHOLD = -3;

/** renameat2(2). */
export const AT_FDCWD = -100;
export const AT_SYMLINK_FOLLOW = 0x400;
/** Beside O_DIRECTORY, in O_TMPFILE: include/uapi/asm-generic/fcntl.h. */
export const O_TMPFILE_BIT = 0o20000000;
export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
