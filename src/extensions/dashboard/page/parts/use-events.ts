import { useEffect, useRef, useState } from 'preact/hooks';
import { EventBuffer, type StreamRow } from '../model/event-buffer.js';
import { untilVisible, whileVisible } from '../model/visibility.js';
import { connection } from './connection.js';
import { pause } from './use-poll.js';

/** How often rows are drawn, in ms. */
const DRAW_MS = 250;

/** How soon a stream that has ended is opened again, in ms. */
const AGAIN_MS = 2000;

/** How long a hidden tab keeps its stream, in ms: who comes back soon finds all calls of the meantime. */
const HIDDEN_MS = 60_000;

/** The longest line that is read, in characters: an event has bounded texts. */
const MAX_LINE = 1_000_000;

export interface Stream {
  readonly rows: readonly StreamRow[];
  /** Calls that have come, and those since it was paused. */
  readonly calls: number;
  readonly waiting: number;
  /** Why there is no stream. */
  readonly refusal: string | undefined;
  readonly isOpen: boolean;
}

const NOTHING: Stream = { rows: [], calls: 0, waiting: 0, refusal: undefined, isOpen: false };

/** Calls as they happen. While it is paused, they go on coming, and are not drawn. */
export function useEvents(path: string, isPaused: boolean, limit: number): Stream {
  const [stream, setStream] = useState(NOTHING);
  const paused = useRef(isPaused);
  const redraw = useRef(() => {});
  paused.current = isPaused;
  useEffect(() => {
    const ended = new AbortController();
    const buffer = new EventBuffer(limit);
    let [drawn, state]: [number, Pick<Stream, 'refusal' | 'isOpen'>] = [
      0,
      { refusal: undefined, isOpen: false },
    ];
    const draw = () => {
      if (ended.signal.aborted) return;
      const waiting = buffer.calls - drawn;
      if (paused.current) {
        setStream((shown) => ({ ...shown, ...state, waiting }));
        return;
      }
      drawn = buffer.calls;
      setStream({ ...state, rows: buffer.rows, calls: buffer.calls, waiting: 0 });
    };
    redraw.current = draw;
    setStream(NOTHING);
    const timer = setInterval(draw, DRAW_MS);
    void follow(path, buffer, ended.signal, (next) => {
      state = next;
    });
    return () => {
      clearInterval(timer);
      ended.abort();
    };
  }, [path, limit]);
  useEffect(() => redraw.current(), [isPaused]);
  return stream;
}

async function follow(
  path: string,
  buffer: EventBuffer,
  signal: AbortSignal,
  changed: (state: Pick<Stream, 'refusal' | 'isOpen'>) => void,
): Promise<void> {
  while (!signal.aborted) {
    await untilVisible(document, signal);
    try {
      await whileVisible({ tab: document, graceMs: HIDDEN_MS, signal }, (seen) =>
        read(path, buffer, seen, changed),
      );
    } catch {
      if (signal.aborted) return;
      changed({ refusal: undefined, isOpen: false });
    }
    await pause(AGAIN_MS, signal);
  }
}

async function read(
  path: string,
  buffer: EventBuffer,
  signal: AbortSignal,
  changed: (state: Pick<Stream, 'refusal' | 'isOpen'>) => void,
): Promise<void> {
  const response = await fetch(path, { signal });
  if (response.ok && response.body !== null) {
    connection.answered();
    changed({ refusal: undefined, isOpen: true });
    // The latest of those that are remembered come again.
    buffer.clear();
    await readLines(response.body, (line) => buffer.add(line));
    changed({ refusal: undefined, isOpen: false });
  } else {
    changed({ refusal: await refusalOf(response), isOpen: false });
  }
}

async function readLines(body: ReadableStream<Uint8Array>, add: (line: string) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) throw new Error('a line is too long');
    for (const line of lines) if (line !== '') add(line);
  }
}

async function refusalOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return String(JSON.parse(text).error);
  } catch {
    return text.slice(0, 500);
  }
}
