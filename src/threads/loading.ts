import { workerData } from 'node:worker_threads';

/*
 *   STARTING ──► LOADING ──► LOADED ──► LEFT      the thread's own steps
 *       └──────► BARRED                           an exit came first
 */
const STARTING = 0;
const LOADING = 1;
const LOADED = 2;
const LEFT = 3;
const BARRED = 4;

/** Taken at once: what else runs on a thread may see workerData, and change it. */
const own = (workerData as ThreadData | null)?.state;

/** What every thread of ours is started with, beside what it needs itself. */
export interface ThreadData {
  /** URL of what runs there. */
  readonly module: string;
  /** One word: where it stands. LOADED: it has all it needs of native code. LEFT: it is about to end by itself. */
  readonly state: SharedArrayBuffer;
}

/** On the thread: it is about to load what it needs. False when it must not, for the process ends. */
export function beginLoading(): boolean {
  if (own === undefined) throw new Error('not a thread of ours');
  const words = new Int32Array(own);
  return Atomics.compareExchange(words, 0, STARTING, LOADING) === STARTING;
}

/** On the thread: all it needs of native code has been loaded, and made. */
export function announceLoaded(): void {
  announce(LOADED);
}

/** On the thread: it has let go of everything, and calls no native code any more. */
export function announceLeft(): void {
  announce(LEFT);
}

/** Keeps a thread that has not begun to load from doing so. */
export function barLoading(state: SharedArrayBuffer): void {
  Atomics.compareExchange(new Int32Array(state), 0, STARTING, BARRED);
}

/** Whether a thread is loading: one must not be ended just then. */
export function isLoading(state: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(state), 0) === LOADING;
}

/** Holds the calling thread until another has loaded what it needs, for `withinMs` at most. */
export function waitUntilLoaded(state: SharedArrayBuffer, withinMs: number): void {
  waitWhile(state, LOADING, withinMs);
}

/** The same until it has left. */
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
