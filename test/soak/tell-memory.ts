/**
 * Loaded by `node --import` in the agent: tells whoever connects to memory.sock in SOAK_DIRECTORY what each thread holds after a
 * garbage collection, as only its process can know. Threads are asked by the inspector, which interrupts them: a relay thread never comes to an
 * event loop. One that has nothing to do for as long as it is asked does not answer: what it held when it was asked before is told.
 */
import { Session } from 'node:inspector/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import type { ThreadMemory } from './thread-memory.js';

const ANSWER_MS = 1_000;

/** Evaluated on a thread: its module, and what it holds. */
const QUESTION = `(() => {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  return JSON.stringify({ module: workerData?.module, heapUsed, external });
})()`;

interface Answer {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: string }; readonly exceptionDetails?: unknown };
}

class Threads {
  readonly #session = new Session();
  /** By the inspector's session: what a thread told last. */
  readonly #told = new Map<string, ThreadMemory | undefined>();
  readonly #asked = new Map<number, (value: string | undefined) => void>();
  #nextId = 1;

  constructor() {
    this.#session.connect();
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) =>
      this.#told.set(params.sessionId, undefined),
    );
    this.#session.on('NodeWorker.detachedFromWorker', ({ params }) => this.#told.delete(params.sessionId));
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { id, result } = JSON.parse(params.message) as Answer;
      // A thread that is just ended answers that it cannot.
      const value = result?.exceptionDetails === undefined ? result?.result?.value : undefined;
      if (id !== undefined) this.#asked.get(id)?.(value);
    });
    void this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** One after the other, so that no two wait for a processor. */
  async measure(): Promise<ThreadMemory[]> {
    const told = [await this.#askMain()];
    for (const session of [...this.#told.keys()]) {
      const value = await this.#ask(session);
      if (value !== undefined && this.#told.has(session)) this.#told.set(session, JSON.parse(value));
      const last = this.#told.get(session);
      if (last !== undefined) told.push(last);
    }
    return told;
  }

  async #askMain(): Promise<ThreadMemory> {
    const asked = { expression: QUESTION, returnByValue: true };
    const answer = (await this.#session.post('Runtime.evaluate', asked)) as unknown as Answer['result'];
    return { ...(JSON.parse(answer?.result?.value ?? '') as ThreadMemory), module: 'main' };
  }

  #ask(sessionId: string): Promise<string | undefined> {
    const id = this.#nextId++;
    const params = { expression: QUESTION, returnByValue: true };
    const message = JSON.stringify({ id, method: 'Runtime.evaluate', params });
    return new Promise((resolve) => {
      const answer = (value: string | undefined) => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(value);
      };
      const timer = setTimeout(() => answer(undefined), ANSWER_MS);
      this.#asked.set(id, answer);
      void this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    });
  }
}

const directory = process.env['SOAK_DIRECTORY'];

if (isMainThread && directory !== undefined) {
  // Before any thread starts: each gets its `gc` with its context. That of this thread is there already.
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc') as NodeJS.GCFunction;
  const threads = new Threads();
  createServer((socket) => {
    socket.on('error', () => {});
    threads.measure().then(
      (told) => socket.end(JSON.stringify(told)),
      () => socket.destroy(),
    );
  })
    .listen(join(directory, 'memory.sock'))
    .unref();
}
