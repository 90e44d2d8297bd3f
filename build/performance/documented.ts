/** Whom ratios are to. */
export const BESIDE = 'HAProxy';

/** A figure of one contestant in one case. */
export interface Value {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface DocumentedRow {
  readonly name: string;
  readonly figures: Readonly<Record<string, Value>>;
  /** Of the same figures to those of BESIDE, round by round; none where that was not measured. */
  readonly ratios: Readonly<Record<string, Value>>;
}

export interface DocumentedCase {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly { readonly key: string; readonly title: string; readonly digits: number }[];
  readonly rows: readonly DocumentedRow[];
}

/** The machine that figures were taken on. */
export interface DocumentedMachine {
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly node: string;
  readonly haproxy?: string | undefined;
}

/** docs/performance.json: the run that the page on performance shows. */
export interface Documented {
  /** Day of the run, as 2026-01-31. */
  readonly date: string;
  readonly rounds: number;
  readonly machine: DocumentedMachine;
  readonly cases: readonly DocumentedCase[];
}
