import type { CallData } from '../../telemetry/call-data.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import type { SignalHealth } from '../health.js';
import type { DebugExporterConfig } from './config.js';
import { describeLogRecord } from './describe-log-records.js';
import { describeSpan } from './describe-spans.js';

const DESCRIBED = {
  traces: { type: 'debug_span_exporter', describe: describeSpan, words: 'spans' },
  logs: { type: 'debug_log_exporter', describe: describeLogRecord, words: 'log records' },
} as const;

/**
 * Writes spans or log records to the log: each as it comes, or only how many came in an interval when verbosity is basic.
 */
export class CallPrinter implements Exporter {
  readonly #signal: keyof typeof DESCRIBED;
  readonly #config: DebugExporterConfig;
  readonly #context: ExporterContext;
  readonly #health: SignalHealth;
  #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Those since the last line with a count. */
  #count = 0;

  constructor(signal: keyof typeof DESCRIBED, config: DebugExporterConfig, context: ExporterContext) {
    this.#signal = signal;
    this.#config = config;
    this.#context = context;
    this.#health = context.health.of(signal, DESCRIBED[signal].type);
  }

  async start(): Promise<void> {
    const { spans, logs } = this.#context.source;
    const listener = (calls: readonly CallData[]) => this.#receive(calls);
    const sources = this.#signal === 'traces' ? spans : logs;
    this.#unsubscribe = sources.map((source) => source.subscribe(listener));
    if (this.#config.verbosity !== 'basic') return;
    this.#timer = setInterval(() => this.#printCount(), this.#config.interval);
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    if (this.#config.verbosity === 'basic') this.#printCount();
  }

  #receive(calls: readonly CallData[]): void {
    const { verbosity } = this.#config;
    const { logger } = this.#context;
    const { describe } = DESCRIBED[this.#signal];
    this.#health.begin(calls.length);
    this.#health.countExported(calls.length);
    if (verbosity === 'basic') this.#count += calls.length;
    else for (const call of calls) logger.info(describe(call, verbosity));
  }

  #printCount(): void {
    if (this.#count > 0) this.#context.logger.info(`${this.#count} ${DESCRIBED[this.#signal].words}`);
    this.#count = 0;
  }
}
