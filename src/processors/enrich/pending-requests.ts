import type { EnrichCommand, EnrichReport } from './messages.js';

interface Pending {
  answer(report: EnrichReport): void;
  fail(error: Error): void;
}

/** What the enrich thread has been asked, and has not answered yet. */
export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #nextNumber = 0;

  /** Sends a command that has a number, and resolves to the report that answers it. */
  ask(
    command: (request: number) => EnrichCommand,
    send: (command: EnrichCommand) => void,
  ): Promise<EnrichReport> {
    const request = this.#nextNumber++;
    return new Promise((answer, fail) => {
      this.#pending.set(request, { answer, fail });
      send(command(request));
    });
  }

  answer(report: Extract<EnrichReport, { request: number }>): void {
    this.#pending.get(report.request)?.answer(report);
    this.#pending.delete(report.request);
  }

  /** The thread has ended: no request is answered any more. */
  failAll(error: Error): void {
    for (const { fail } of this.#pending.values()) fail(error);
    this.#pending.clear();
  }
}
