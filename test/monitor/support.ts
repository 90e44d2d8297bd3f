import { CumulativeTemporalitySelector } from '@opentelemetry/exporter-metrics-otlp-http';
import { Monitor, type MonitorOptions, type StrategyOptions } from '../../src/index.js';
import { valuesOf } from '../telemetry/support/points.js';
import { TestReader } from '../telemetry/support/test-reader.js';

export const CONTAINER = 'c1';
export const PATH = '/run/service.sock';
export const REGISTRATION = { containerId: CONTAINER, socketPath: PATH };

/** A monitor with one socket registered. */
export function monitored(options: MonitorOptions = {}) {
  const monitor = new Monitor(options);
  return { monitor, socket: monitor.register(REGISTRATION) };
}

/** Bytes that differ along the way and from those of another `seed`. */
export function bytesOf(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
}

/** Reads a monitor's counters through the program's own MeterProvider. */
export function counterReader(monitor: Monitor) {
  const reader = new TestReader({ aggregationTemporalitySelector: CumulativeTemporalitySelector });
  const stop = monitor.observe(reader.provider.getMeter('test'));
  return { stop, read: async (name: string) => valuesOf(await reader.read(), name) };
}

export const COUNTERS = ['uds.send_bytes', 'uds.recv_bytes', 'uds.send_ops', 'uds.recv_ops'] as const;

/** The four counters of the only series, in the order of COUNTERS. */
export async function totalsOf(monitor: Monitor): Promise<unknown[]> {
  const { read } = counterReader(monitor);
  const totals = [];
  for (const name of COUNTERS) totals.push((await read(name)).map(([, value]) => value));
  return totals.flat();
}

/** Sampling, and what is done with what it takes; `then` is the contract's word, and a linter's enemy. */
export function samplingThen(
  ratio: number,
  taken: { strategy: string; max_bytes?: number },
): StrategyOptions {
  return { strategy: 'sampling', ratio, ...Object.fromEntries([['then', taken]]) };
}
