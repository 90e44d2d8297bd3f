/** A thread that sends a message on each socket that it is given, and says at once that it sends no more. */
import { parentPort, workerData } from 'node:worker_threads';
import { SHUT_WR } from '../../../../../src/linux/constants.js';
import { NativeMemory } from '../../../../../src/linux/memory.js';
import { sendBytes, shutdown } from '../../../../../src/linux/socket.js';

export interface SenderData {
  /** The descriptor of the socket; 0 when all is said there. */
  readonly words: Int32Array;
}

if (parentPort !== null) {
  const { words } = workerData as SenderData;
  const { address } = new NativeMemory(1);
  parentPort.postMessage('ready');
  for (;;) {
    const fd = Atomics.load(words, 0);
    if (fd === 0) continue;
    sendBytes(fd, address, 1);
    shutdown(fd, SHUT_WR);
    Atomics.store(words, 0, 0);
  }
}
