import type { Bench } from '../bench.js';

/** A column of a case's table. */
export interface Figure {
  /** Key in the samples. */
  readonly key: string;
  readonly title: string;
  readonly digits: number;
  /** Shares of the machine are context: they are shown without spread and ratio. */
  readonly isContext?: true;
}

/** One measurement: a value for each figure that applies to the subject. */
export type Sample = Readonly<Record<string, number>>;

/** One row of a case's table. */
export interface Subject {
  readonly name: string;
  measure(): Promise<Sample>;
  stop(): Promise<void>;
}

/**
 * Something to measure. The harness asks for the subjects once, measures each of them once a round, in
 * an order that changes from round to round, and stops them. A case is a file here and a line in `index.ts`.
 */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Names of those that are measured in it. Left out: all. */
  readonly contestants?: readonly string[];
  prepare(bench: Bench): Promise<Subject[]>;
}
