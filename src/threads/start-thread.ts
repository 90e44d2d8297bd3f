import { Worker, type WorkerOptions } from 'node:worker_threads';
import { returnFreedMemory } from '../linux/memory.js';
import { barLoading, isLoading, type ThreadData, waitUntilLeft, waitUntilLoaded } from './loading.js';

/*
 * Node terminates its worker threads when the process exits, whatever they are doing. If a thread is in native code
 * that calls into V8 at that moment, such as while loading koffi or creating a view of native memory, the process
 * aborts. So a thread announces when it is past that, and an exit waits for it.
 */

/**
 * How long an exit waits for loading threads, in ms. Loading takes some hundred ms, or more if many threads start at
 * once.
 */
const LOADING_MS = 10_000;

/** How long an exit waits for threads that were told to leave, in ms. They only have to close their connections. */
const LEAVING_MS = 1000;

/** How long after the end of a thread its memory is returned, in ms: often several end together. */
const RETURN_MS = 1000;

interface Started {
  readonly state: SharedArrayBuffer;
  readonly leave: (() => void) | undefined;
}

const threads = new Map<Worker, Started>();

let returning: NodeJS.Timeout | undefined;

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

interface ThreadOptions extends Omit<WorkerOptions, 'workerData' | 'stdout' | 'stderr'> {
  /** What `ps -T` and `top -H` show, of at most 15 bytes. */
  name: string;
  /** Called when the process exits. It makes the thread end by itself and announce that. */
  leave?: () => void;
  /** Receives what the thread writes to stdout or stderr, such as the warnings of a library or a user's module. */
  output?: (text: string) => void;
}

/**
 * Starts a thread of ours. Its module calls `announceLoaded` when it has loaded everything. The thread's output never
 * goes to the standard output or error of the process: Node would open these for it, and they may be full or closed.
 */
export function startThread(url: URL, data: object, threadOptions: ThreadOptions): Worker {
  const { name, leave, output = () => {}, ...options } = threadOptions;
  const state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const workerData: object & ThreadData = { ...data, name, module: url.href, state };
  const worker = new Worker(new URL('./enter.js', import.meta.url), {
    ...options,
    workerData,
    stdout: true,
    stderr: true,
  });
  threads.set(worker, { state, leave });
  worker.once('exit', () => {
    threads.delete(worker);
    returnMemoryLater();
  });
  for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', output);
  return worker;
}

/** What a thread has freed stays with the process otherwise. */
function returnMemoryLater(): void {
  if (returning !== undefined) return;
  returning = setTimeout(() => {
    returning = undefined;
    returnFreedMemory();
  }, RETURN_MS).unref();
}

/** Terminates a thread, whatever it is doing. Resolves when it has ended. */
export async function stopThread(worker: Worker): Promise<void> {
  await untilLoaded(worker);
  await worker.terminate();
}

/** Waits like an exit does, but without blocking the calling thread. */
async function untilLoaded(worker: Worker): Promise<void> {
  const deadlineMs = performance.now() + LOADING_MS;
  for (;;) {
    const started = threads.get(worker);
    if (started !== undefined) barLoading(started.state);
    if (started === undefined || !isLoading(started.state) || performance.now() >= deadlineMs) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
