import type { Attributes, HrTime } from '@opentelemetry/api';
import { hrTimeToTimeStamp } from '@opentelemetry/core';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { printable } from '../../values/printable.js';
import { countPoints } from '../count-points.js';
import type { DebugExporterConfig } from './config.js';

export type Verbosity = DebugExporterConfig['verbosity'];

/** Lines that say what a collection holds. */
export function describeMetrics(metrics: ResourceMetrics, verbosity: Verbosity): string[] {
  const { resource, scopeMetrics } = metrics;
  switch (verbosity) {
    case 'basic':
      return [summary(scopeMetrics)];
    case 'normal':
      return scopeMetrics.flatMap(({ metrics }) => metrics.flatMap((metric) => pointLines(metric)));
    case 'detailed':
      return [`resource${attributesText(resource.attributes)}`, ...scopeMetrics.flatMap(scopeLines)];
  }
}

function summary(scopeMetrics: readonly ScopeMetrics[]): string {
  const metrics = scopeMetrics.reduce((sum, scope) => sum + scope.metrics.length, 0);
  return `${metrics} metrics, ${countPoints(scopeMetrics)} data points`;
}

function scopeLines({ scope, metrics }: ScopeMetrics): string[] {
  return [
    printable(`scope ${scope.name} ${scope.version ?? ''}`.trimEnd()),
    ...metrics.flatMap((metric) => [metricLine(metric), ...pointLines(metric, sinceText)]),
  ];
}

function metricLine(metric: MetricData): string {
  const { name, unit, description } = metric.descriptor;
  const temporality = AggregationTemporality[metric.aggregationTemporality].toLowerCase();
  const kind = metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? 'monotonic ' : '';
  const type = DataPointType[metric.dataPointType].toLowerCase().replaceAll('_', ' ');
  return printable(`metric ${name} unit ${unit}, ${temporality} ${kind}${type}: ${description}`);
}

function pointLines(
  { descriptor, dataPoints }: MetricData,
  suffix: (start: HrTime) => string = noText,
): string[] {
  return dataPoints.map(({ attributes, value, startTime }) => {
    // A histogram has no single value.
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
    return `${printable(descriptor.name)}${attributesText(attributes)} ${text}${suffix(startTime)}`;
  });
}

function sinceText(start: HrTime): string {
  return ` since ${hrTimeToTimeStamp(start)}`;
}

function noText(): string {
  return '';
}

function attributesText(attributes: Attributes): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return printable(`{${pairs.join(',')}}`);
}
