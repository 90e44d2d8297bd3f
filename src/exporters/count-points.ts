import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';

/** Data points of all metrics. */
export function countPoints(scopeMetrics: readonly ScopeMetrics[]): number {
  let points = 0;
  for (const { metrics } of scopeMetrics) {
    for (const { dataPoints } of metrics) points += dataPoints.length;
  }
  return points;
}
