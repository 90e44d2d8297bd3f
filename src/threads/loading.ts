import { workerData } from 'node:worker_threads';

/*
 *   STARTING ──► LOADING ──► LOADED ──► LEFT      set by the thread itself
 *       └──────► BARRED                           set if the process exits first
 */
const STARTING = 0;
const LOADING = 1;
const LOADED = 2;
const LEFT = 3;
const BARRED = 4;

/** Read at once, because other code on the thread can change workerData. */
const own = (workerData as ThreadData | null)?.state;

/** Data that every thread of ours is started with, in addition to its own. */
export interface ThreadData {
  /** What the system calls it. */
  readonly name: string;
  /** URL of the module that the thread runs. */
  readonly module: string;
  /**
   * One word with the thread's state. LOADED: it has loaded all its native code. LEFT: it is about to end by itself.
   */
  readonly state: SharedArrayBuffer;
}

/** Called on the thread before it loads its modules. False if it must not, because the process is exiting. */
export function beginLoading(): boolean {
  if (own === undefined) throw new Error('not a thread of ours');
  const words = new Int32Array(own);
  return Atomics.compareExchange(words, 0, STARTING, LOADING) === STARTING;
}

/** Called on the thread when its native code has been loaded and its native memory allocated. */
export function announceLoaded(): void {
  announce(LOADED);
}

/** Called on the thread when it has released everything and calls no more native code. */
export function announceLeft(): void {
  announce(LEFT);
}

/** Keeps a thread from loading if it has not begun to. */
export function barLoading(state: SharedArrayBuffer): void {
  Atomics.compareExchange(new Int32Array(state), 0, STARTING, BARRED);
}

/** Whether a thread is loading. It must not be terminated then. */
export function isLoading(state: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(state), 0) === LOADING;
}

/** Blocks the calling thread until another has finished loading, for at most `withinMs`. */
export function waitUntilLoaded(state: SharedArrayBuffer, withinMs: number): void {
  waitWhile(state, LOADING, withinMs);
}

/** Blocks the calling thread until another has left, for at most `withinMs`. */
export function waitUntilLeft(state: SharedArrayBuffer, withinMs: number): void {
  waitWhile(state, LOADED, withinMs);
}

function announce(value: number): void {
  if (own === undefined) throw new Error('not a thread of ours');
  const words = new Int32Array(own);
  Atomics.store(words, 0, value);
  Atomics.notify(words, 0);
}

function waitWhile(state: SharedArrayBuffer, value: number, withinMs: number): void {
  if (withinMs > 0) Atomics.wait(new Int32Array(state), 0, value, withinMs);
}
