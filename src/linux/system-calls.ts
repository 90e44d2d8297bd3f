/** Numbers of system calls that differ between x86-64 (asm/unistd_64.h) and arm64 (asm-generic/unistd.h). */
import { arch } from 'node:process';

const isX64 = arch === 'x64';

export const SYS_SETGROUPS = isX64 ? 116 : 159;
export const SYS_SETRESUID = isX64 ? 117 : 147;
export const SYS_SETRESGID = isX64 ? 119 : 149;
export const SYS_GETTID = isX64 ? 186 : 178;
export const SYS_TIMER_CREATE = isX64 ? 222 : 107;
export const SYS_TIMER_SETTIME = isX64 ? 223 : 110;
export const SYS_CAPGET = isX64 ? 125 : 90;
export const SYS_CAPSET = isX64 ? 126 : 91;
export const SYS_RENAMEAT2 = isX64 ? 316 : 276;
