import { arch } from 'node:process';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';

const SYS_SECCOMP = arch === 'x64' ? 317 : 277;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;

/* linux/filter.h, linux/seccomp.h: where struct seccomp_data has the number of the call, and an argument. */
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const NUMBER = 0;
const ARGUMENTS = 16;
const ALLOW = 0x7fff_0000;
const ERRNO = 0x0005_0000;

/**
 * Has the kernel answer a system call with an errno from now on, in all threads of this process, where its argument
 * number `index` is `value`. As root; it cannot be undone.
 */
export function denySystemCall(number: number, index: number, value: number, errno: number): void {
  const program = [
    [LOAD_WORD, 0, 0, NUMBER],
    [JUMP_IF_EQUAL, 0, 3, number],
    [LOAD_WORD, 0, 0, ARGUMENTS + index * 8],
    [JUMP_IF_EQUAL, 0, 1, value],
    [RETURN, 0, 0, ERRNO | errno],
    [RETURN, 0, 0, ALLOW],
  ];
  // struct sock_fprog { u16 len; struct sock_filter *filter }, and behind it the filter.
  const memory = new NativeMemory(4096);
  const view = new DataView(memory.buffer);
  view.setUint16(0, program.length, true);
  view.setBigUint64(8, BigInt(memory.address + 16), true);
  for (const [i, [code, ifTrue, ifFalse, k]] of program.entries()) {
    view.setUint16(16 + i * 8, code, true);
    view.setUint8(18 + i * 8, ifTrue);
    view.setUint8(19 + i * 8, ifFalse);
    view.setUint32(20 + i * 8, k, true);
  }
  // syscall(2) with an operation, flags and a pointer.
  const result = libc.result(
    libc.pidfdSendSignal(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, memory.address, 0),
  );
  if (result !== 0) throw new Error(`seccomp: ${result}`);
}
