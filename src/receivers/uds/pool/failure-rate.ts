import { performance } from 'node:perf_hooks';

/** So many failures within so many ms are an accident; more are a fault that will come back. */
const MAX_FAILURES = 3;
const WITHIN_MS = 60_000;

/** Decides whether to try again what fails now and then. */
export class FailureRate {
  readonly #failedMs: number[] = [];

  /** Notes a failure; whether it is one of few. */
  isBearable(): boolean {
    const nowMs = performance.now();
    this.#failedMs.push(nowMs);
    while (this.#failedMs[0] < nowMs - WITHIN_MS) this.#failedMs.shift();
    return this.#failedMs.length <= MAX_FAILURES;
  }
}
