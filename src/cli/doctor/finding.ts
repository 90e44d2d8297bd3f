/** What a check has come to. */
export type State = 'problem' | 'warning' | 'unchecked' | 'ok';

/** In the order in which they are shown. */
export const STATES: readonly State[] = ['problem', 'warning', 'unchecked', 'ok'];

export interface Finding {
  /** What was checked, in a word. */
  readonly check: string;
  readonly state: State;
  /** The symptom; of `unchecked`, why it could not be checked. May have text from outside in it. */
  readonly text: string;
  /** What to do, in a line. */
  readonly remedy?: string;
}

/** The findings of one check. */
export class Findings {
  readonly #check: string;
  readonly #found: Finding[] = [];

  constructor(check: string) {
    this.#check = check;
  }

  problem(text: string, remedy: string): void {
    this.#found.push({ check: this.#check, state: 'problem', text, remedy });
  }

  warning(text: string, remedy: string): void {
    this.#found.push({ check: this.#check, state: 'warning', text, remedy });
  }

  unchecked(text: string, remedy?: string): void {
    this.#found.push({
      check: this.#check,
      state: 'unchecked',
      text,
      ...(remedy !== undefined && { remedy }),
    });
  }

  /** Everything that was found, or that all is well. */
  orOk(text: string): Finding[] {
    return this.#found.length > 0 ? this.#found : [{ check: this.#check, state: 'ok', text }];
  }

  /** Everything that was found. */
  get all(): Finding[] {
    return this.#found;
  }
}
