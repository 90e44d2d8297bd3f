import type { OtlpHttpExporterConfig } from './config.js';
import type { ExportTime } from './export-time.js';
import type { Outcome } from './outcome.js';
import type { RetryGate } from './retry-gate.js';

export type RetryConfig = OtlpHttpExporterConfig['retry_on_failure'];

/** Waits are spread by as much to either side, so that agents that failed together do not return together. */
const JITTER = 0.2;

/**
 * Repeats `attempt` until its outcome is no longer retryable, or the configuration or `time` gives it up.
 *
 * A Retry-After of the destination takes the place of the back-off. One that is longer than there is time ends this
 * request, and `gate` stays closed for the next ones: no attempt is made until it opens.
 */
export async function withRetries(
  attempt: () => Promise<Outcome>,
  config: RetryConfig,
  time: ExportTime,
  gate: RetryGate,
): Promise<Outcome> {
  const maxElapsedMs = config.max_elapsed_time === 0 ? Number.POSITIVE_INFINITY : config.max_elapsed_time;
  const giveUpMs = performance.now() + maxElapsedMs;
  let backOffMs = Math.min(config.initial_interval, config.max_interval);
  for (;;) {
    const outcome = gate.closed ?? (await attempt());
    if (outcome.kind === 'retryable') gate.note(outcome);
    if (outcome.kind !== 'retryable' || !config.enabled) return outcome;
    const waitMs = outcome.retryAfterMs ?? spread(backOffMs);
    if (performance.now() + waitMs > giveUpMs || !(await time.wait(waitMs))) return outcome;
    backOffMs = Math.min(backOffMs * config.multiplier, config.max_interval);
  }
}

function spread(ms: number): number {
  return ms * (1 + JITTER * (2 * Math.random() - 1));
}
