import type { SpanData } from '../../telemetry/span-data.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import type { SignalHealth } from '../health.js';
import type { DebugExporterConfig } from './config.js';
import { describeSpan } from './describe-spans.js';

/** Writes spans to the log: each as it comes, or only how many came in an interval when verbosity is basic. */
export class SpanPrinter implements Exporter {
  readonly #config: DebugExporterConfig;
  readonly #context: ExporterContext;
  readonly #health: SignalHealth;
  #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Spans since the last line with a count. */
  #spans = 0;

  constructor(config: DebugExporterConfig, context: ExporterContext) {
    this.#config = config;
    this.#context = context;
    this.#health = context.health.spans('debug_span_exporter');
  }

  async start(): Promise<void> {
    const listener = (spans: readonly SpanData[]) => this.#receive(spans);
    this.#unsubscribe = this.#context.source.spans.map((source) => source.subscribe(listener));
    if (this.#config.verbosity !== 'basic') return;
    this.#timer = setInterval(() => this.#printCount(), this.#config.interval);
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    if (this.#config.verbosity === 'basic') this.#printCount();
  }

  #receive(spans: readonly SpanData[]): void {
    const { verbosity } = this.#config;
    const { logger } = this.#context;
    this.#health.begin(spans.length);
    this.#health.countExported(spans.length);
    if (verbosity === 'basic') this.#spans += spans.length;
    else for (const span of spans) logger.info(describeSpan(span, verbosity));
  }

  #printCount(): void {
    if (this.#spans > 0) this.#context.logger.info(`${this.#spans} spans`);
    this.#spans = 0;
  }
}
