/** Memory for the counter that flows of all threads take their numbers from. */
export function allocateFlowNumbers(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** Gives out numbers of flows; none is 0. They begin anew after 2^32 flows. */
export class FlowNumbers {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  next(): number {
    return Atomics.add(this.#words, 0, 1) || Atomics.add(this.#words, 0, 1);
  }
}
