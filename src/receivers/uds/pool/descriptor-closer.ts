import type { Worker } from 'node:worker_threads';
import { startThread } from '../../../threads/start-thread.js';
import { allocateDescriptorQueue, DescriptorQueue } from '../relay/descriptor-queue.js';

/**
 * Closes the descriptors that a relay thread has received and needs no more, on a thread that is started for the first of them: closing
 * can take as long as their sender likes (a lingering socket, a file of a FUSE).
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
    this.#worker = startThread(
      url,
      { queue: this.memory },
      { name: 'udscope-close', leave: () => this.end() },
    );
    // Without it the queue fills, and streams that send descriptors wait.
    this.#worker.on('error', () => {});
    this.#worker.unref();
  }

  /** Its relay thread has ended. */
  end(): void {
    new DescriptorQueue(this.memory).end();
  }
}
