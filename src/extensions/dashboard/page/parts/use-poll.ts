import { useEffect, useState } from 'preact/hooks';
import { untilVisible } from '../model/visibility.js';
import { connection } from './connection.js';

/** How often the page asks, in ms. */
const EVERY_MS = 3000;

/** An agent that takes long to answer is left alone for so many times as long. */
const REST = 4;

/** How long an answer may take, in ms. */
const TIMEOUT_MS = 30_000;

/** An answer, and when it came, by a clock that goes on evenly. */
export interface Answer<T> {
  readonly value: T;
  readonly atMs: number;
}

/** Why the agent refuses, in its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export interface Polled<T> {
  /** The last answer; undefined before the first. */
  readonly answer: Answer<T> | undefined;
  /** Why there is none. */
  readonly refusal: string | undefined;
}

/** Asks the agent again and again, while somebody may see it. Another path begins anew. */
export function usePoll<T>(path: string, read: (response: Response) => Promise<T> = readJson): Polled<T> {
  const [state, setState] = useState<Polled<T> & { path: string }>({
    path,
    answer: undefined,
    refusal: undefined,
  });
  useEffect(() => {
    const ended = new AbortController();
    void poll(path, read, ended.signal, (polled) => setState({ path, ...polled }));
    return () => ended.abort();
  }, [path]);
  return state.path === path ? state : { answer: undefined, refusal: undefined };
}

async function poll<T>(
  path: string,
  read: (response: Response) => Promise<T>,
  signal: AbortSignal,
  polled: (state: Polled<T>) => void,
): Promise<void> {
  while (!signal.aborted) {
    await untilVisible(document, signal);
    const startedMs = performance.now();
    try {
      const response = await fetch(path, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const state = await stateOf(response, read);
      if (signal.aborted) return;
      connection.answered();
      polled(state);
    } catch {
      if (signal.aborted) return;
      connection.failed();
    }
    const tookMs = performance.now() - startedMs;
    await pause(Math.max(EVERY_MS - tookMs, REST * tookMs), signal);
  }
}

async function stateOf<T>(response: Response, read: (response: Response) => Promise<T>): Promise<Polled<T>> {
  if (response.ok)
    return { answer: { value: await read(response), atMs: performance.now() }, refusal: undefined };
  const text = await response.text();
  return { answer: undefined, refusal: refusalIn(text) };
}

function refusalIn(text: string): string {
  try {
    return String(JSON.parse(text).error);
  } catch {
    return text.slice(0, 500);
  }
}

function readJson<T>(response: Response): Promise<T> {
  return response.json();
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
