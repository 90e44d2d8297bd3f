import type { Worker } from 'node:worker_threads';
import { startThread } from '../../../threads/start-thread.js';
import { allocateDescriptorQueue, DescriptorQueue } from '../relay/descriptor-queue.js';

/**
 * Closes what a relay thread takes of its clients' descriptors, on a thread that is started for the first of them: closing
 * can take as long as the client likes (a lingering socket, a file of a FUSE).
 */
export class DescriptorCloser {
  readonly memory: SharedArrayBuffer;
  #worker: Worker | undefined;

  /** `room`: how many may wait to be closed. */
  constructor(room: number) {
    this.memory = allocateDescriptorQueue(room);
  }

  /** There is something to close. */
  start(): void {
    if (this.#worker !== undefined) return;
    const url = new URL('../relay/closing-thread.js', import.meta.url);
    this.#worker = startThread(url, { queue: this.memory }, { leave: () => this.end() });
    // Without it the queue fills, and the kernel drops what comes then.
    this.#worker.on('error', () => {});
    this.#worker.unref();
  }

  /** Its relay thread has ended. */
  end(): void {
    new DescriptorQueue(this.memory).end();
  }
}
