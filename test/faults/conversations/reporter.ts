import { writeSync } from 'node:fs';
import { monotonicMs } from '../../../src/linux/clock.js';
import type { EndCounts } from './end.js';

const REPORT_MS = 200;
/** How long to wait before a line that the campaign does not take is told again. */
const TAKEN_MS = 1;
const WRONG_MAX = 20;

/** A conversation, as it is told of. */
export interface Reported {
  /** Undefined until a server knows it. */
  readonly number: number | undefined;
  /** It was not there before: of one that was accepted nobody knows when it was made. */
  readonly startedMs: number;
  /** Why it is not what was planned; undefined if it is. */
  readonly cut: string | undefined;
  /** Whether what is missing are answers to datagrams. */
  readonly isCutInAnswers?: boolean;
  /** Bytes or messages that have come. */
  readonly received: number;
  describe(): string;
}

/** What a process of clients or servers has done so far. */
export interface ProgramCounts extends EndCounts {
  /** Connections made or accepted, and of these those that are over. */
  connections: number;
  over: number;
  cut: number;
}

/** A conversation that was not carried out as planned. Times are CLOCK_MONOTONIC in ms. */
export interface Cut {
  readonly number: number | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** Bytes or messages that had come. */
  readonly received: number;
  readonly isInAnswers?: boolean;
  readonly reason: string;
}

/** A line on standard output of a program. */
export type Line =
  | { readonly ready: true }
  | { readonly counts: ProgramCounts; readonly isLast?: true; readonly descriptors?: number }
  | { readonly cut: Cut }
  | { readonly wrong: string };

const clock = new Int32Array(new SharedArrayBuffer(4));

/** Waits until the campaign takes the line: it may be busy, and who imports `node:process` has a standard output that does not wait. */
export function tell(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let told = 0; told < bytes.length; ) {
    try {
      told += writeSync(1, bytes, told);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(clock, 0, 0, TAKEN_MS);
    }
  }
}

/** Tells the campaign what a process of clients or servers sees, and how much it has done, a few times a second. */
export class Reporter {
  readonly counts: ProgramCounts = {
    connections: 0,
    over: 0,
    cut: 0,
    bytesSent: 0,
    bytesReceived: 0,
    messagesSent: 0,
    messagesReceived: 0,
    descriptorsSent: 0,
    descriptorsReceived: 0,
  };
  /** Of those that are over, and whether they were cut. */
  readonly #ended = new Map<number, boolean>();
  #reportedMs = 0;
  #wrong = 0;

  over(talk: Reported): void {
    this.counts.over++;
    this.#checkNumber(talk);
    if (talk.cut === undefined) return;
    this.counts.cut++;
    const reason = `${talk.cut} (${talk.describe()})`;
    // A turn of a loop can be long: what was killed in the midst of it was there when it began.
    const toMs = monotonicMs();
    const { number, startedMs: fromMs, received, isCutInAnswers: isInAnswers = false } = talk;
    tell({ cut: { number, fromMs, toMs, received, isInAnswers, reason } });
  }

  /** Each conversation has one server, and that server has it once. */
  #checkNumber(talk: Reported): void {
    if (talk.number === undefined) return;
    if (this.#ended.has(talk.number)) this.wrong(talk, 'a second one with the same number');
    this.#ended.set(talk.number, talk.cut !== undefined);
  }

  wrong(talk: Reported | undefined, what: string): void {
    this.counts.over++;
    if (++this.#wrong > WRONG_MAX) return;
    const which = talk === undefined ? '' : ` of conversation ${talk.number}: ${talk.describe()}`;
    tell({ wrong: `${what}${which}` });
  }

  hasEnded(number: number): boolean {
    return this.#ended.has(number);
  }

  hasBeenCut(number: number): boolean {
    return this.#ended.get(number) === true;
  }

  goOn(nowMs: number): void {
    if (nowMs - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = nowMs;
    tell({ counts: this.counts });
  }
}
