import type { Exporter } from './exporter.js';

/** Several exporters as one: those of a component that exports each signal in a way of its own. */
export class ExporterGroup implements Exporter {
  readonly #members: readonly Exporter[];

  constructor(members: readonly Exporter[]) {
    this.#members = members;
  }

  async start(): Promise<void> {
    for (const member of this.#members) await member.start();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    await Promise.all(this.#members.map((member) => member.shutdown(deadlineMs)));
  }

  async leave(deadlineMs: number): Promise<void> {
    await Promise.all(
      this.#members.map((member) => member.leave?.(deadlineMs) ?? member.shutdown(deadlineMs)),
    );
  }
}
