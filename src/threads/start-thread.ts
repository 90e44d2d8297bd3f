import { Worker, type WorkerOptions } from 'node:worker_threads';
import { barLoading, isLoading, type ThreadData, waitUntilLeft, waitUntilLoaded } from './loading.js';

/*
 * Node ends its worker threads when the process exits, whatever they are doing. One that is just then in native code which
 * asks something of V8 (loading it, or making memory of it) takes the process with it: abort(3). So a thread says when it
 * has done that, and an exit waits for it.
 */

/** How long an exit waits for threads that are loading, in ms. It takes some hundred, more where many start at once. */
const LOADING_MS = 10_000;

/** And for those that were told to leave, which takes them no longer than it takes to close their connections. */
const LEAVING_MS = 1000;

interface Started {
  readonly state: SharedArrayBuffer;
  readonly leave: (() => void) | undefined;
}

const threads = new Map<Worker, Started>();

process.on('exit', () => {
  const startMs = performance.now();
  for (const { state, leave } of threads.values()) {
    barLoading(state);
    leave?.();
  }
  for (const { state } of threads.values()) {
    waitUntilLoaded(state, startMs + LOADING_MS - performance.now());
  }
  const loadedMs = performance.now();
  for (const { state, leave } of threads.values()) {
    if (leave !== undefined) waitUntilLeft(state, loadedMs + LEAVING_MS - performance.now());
  }
});

export interface ThreadOptions extends Omit<WorkerOptions, 'workerData' | 'stdout' | 'stderr'> {
  /** Has the thread leave by itself, and announce that it does, when the process exits. */
  leave?: () => void;
  /** Takes what the thread writes to its stdout or stderr: of a library that warns, or of a module that is not ours. */
  output?: (text: string) => void;
}

/**
 * Starts a thread of ours. What runs there calls `announceLoaded` when it has what it needs. Nothing that it writes gets
 * to the standard output and error of the process, which would be opened for it, and may be full or gone.
 */
export function startThread(url: URL, data: object, threadOptions: ThreadOptions = {}): Worker {
  const { leave, output = () => {}, ...options } = threadOptions;
  const state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const workerData: object & ThreadData = { ...data, module: url.href, state };
  const worker = new Worker(new URL('./enter.js', import.meta.url), {
    ...options,
    workerData,
    stdout: true,
    stderr: true,
  });
  threads.set(worker, { state, leave });
  worker.once('exit', () => threads.delete(worker));
  for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', output);
  return worker;
}

/** Ends a thread, whatever it is doing. Resolves when it has ended. */
export async function stopThread(worker: Worker): Promise<void> {
  await untilLoaded(worker);
  await worker.terminate();
}

/** As an exit waits, but without holding this thread. */
async function untilLoaded(worker: Worker): Promise<void> {
  const deadlineMs = performance.now() + LOADING_MS;
  for (;;) {
    const started = threads.get(worker);
    if (started !== undefined) barLoading(started.state);
    if (started === undefined || !isLoading(started.state) || performance.now() >= deadlineMs) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
