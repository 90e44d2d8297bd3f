import type { CapturedFlow } from '../observer.js';
import type { SeriesRow } from './series-rows.js';

type Text = Readonly<Record<string, string>>;

/** The rows that a flow counts in under one capture generation. */
export interface FlowRows {
  readonly rows: Set<SeriesRow>;
  /** By the numbers of the series, as the thread that runs has given them. */
  readonly byNumber: Map<number, SeriesRow>;
}

/** A flow that a relay thread has reported. */
export class KnownFlow {
  /** Its client will not come back. */
  isFinal = false;
  /** No more records of it are written. */
  hasEnded = false;
  /** Everything of it has been read; there are events of it. */
  isRemembered = false;
  /** By capture generation. */
  readonly #rows = new Map<number, FlowRows>();
  #text: Text | undefined;
  #container: Text | undefined;

  constructor(readonly captured: CapturedFlow) {}

  /** Those that it has rows under. */
  get generations(): number[] {
    return [...this.#rows.keys()];
  }

  rowsUnder(generation: number): FlowRows {
    const known = this.#rows.get(generation);
    if (known !== undefined) return known;
    const rows = { rows: new Set<SeriesRow>(), byNumber: new Map<number, SeriesRow>() };
    this.#rows.set(generation, rows);
    return rows;
  }

  /** Takes the rows under a generation, or all, from it. */
  takeRows(generation?: number): SeriesRow[] {
    const taken = generation === undefined ? [...this.#rows.keys()] : [generation];
    return taken.flatMap((each) => {
      const rows = [...(this.#rows.get(each)?.rows ?? [])];
      this.#rows.delete(each);
      return rows;
    });
  }

  /** Its attributes as text, for spans. */
  get text(): Text {
    const { attributes } = this.captured;
    this.#text ??= Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, String(value)]),
    );
    return this.#text;
  }

  /** Those of its container, for events. */
  get container(): Text {
    this.#container ??= Object.fromEntries(
      Object.entries(this.text).filter(([name]) => !name.startsWith('uds.')),
    );
    return this.#container;
  }
}

/** The flows that records may be of, by the numbers that these carry. */
export class KnownFlows {
  readonly #flows = new Map<number, KnownFlow>();
  readonly #drainReports: () => void;

  /**
   * `drainReports`: takes in what relay threads have reported. They report a flow before they write its first record, so
   * that it is found by whatever is made of its records.
   */
  constructor(drainReports: () => void) {
    this.#drainReports = drainReports;
  }

  all(): Iterable<[number, KnownFlow]> {
    return this.#flows;
  }

  add(number: number, captured: CapturedFlow): void {
    this.#flows.set(number, new KnownFlow(captured));
  }

  /** undefined for a flow of a thread that has died and of a listener that is gone. */
  get(number: number): KnownFlow | undefined {
    const known = this.#flows.get(number);
    if (known !== undefined) return known;
    this.#drainReports();
    return this.#flows.get(number);
  }

  /** The flow, unless it is none that has been added. */
  find(number: number): KnownFlow | undefined {
    return this.#flows.get(number);
  }

  forget(number: number): void {
    this.#flows.delete(number);
  }

  /** Events are forgotten with the thread that remembered them. */
  forgetRemembered(): void {
    for (const [number, { isRemembered }] of this.#flows) {
      if (isRemembered) this.#flows.delete(number);
    }
  }
}
