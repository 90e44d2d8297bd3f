import type { Attributes } from '@opentelemetry/api';
import {
  DataPointType,
  type GaugeMetricData,
  type HistogramMetricData,
  type MetricData,
  type ScopeMetrics,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { familyHeader, familyName } from './family.js';
import { LabelCache } from './label-cache.js';
import { labelsText } from './labels.js';
import { LineBuffer, numberText } from './line-buffer.js';

export interface TextWriterSettings {
  /** Attributes of the agent, for `target_info`. */
  target: Attributes;
  /** What every series has beside its own attributes, and after them. */
  common: Attributes;
}

/** What stands between the labels of a series and a value. */
interface Ending {
  readonly afterLabels: Uint8Array;
  readonly withoutLabels: Uint8Array;
}

const PLAIN_ENDING: Ending = { afterLabels: Buffer.from('} '), withoutLabels: Buffer.from(' ') };

/**
 * Writes metrics in the Prometheus text format, version 0.0.4.
 *
 * The text is that of the SDK's PrometheusSerializer, which makes the labels of every line anew, a
 * histogram's for each of its buckets, and takes many times as long. It differs where Prometheus would refuse
 * that text: every line ends in a line feed, no label begins with a digit, and none is twice in a line.
 */
export class TextWriter {
  readonly #head: string;
  readonly #labels: LabelCache;

  constructor({ target, common }: TextWriterSettings) {
    const labels = labelsText(target, {});
    const sample = `target_info${labels === '' ? '' : `{${labels}}`} 1`;
    this.#head = `# HELP target_info Target metadata\n# TYPE target_info gauge\n${sample}\n`;
    this.#labels = new LabelCache(common);
  }

  /**
   * The page in chunks, each written when it is asked for: the metrics must stay as they are until then.
   * Every call begins anew, and gives the same text for the same metrics.
   */
  *write(scopeMetrics: readonly ScopeMetrics[]): Generator<Uint8Array, void, undefined> {
    const lines = new LineBuffer();
    lines.text(this.#head);
    let isEmpty = true;
    for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      const name = familyName(metric);
      if (name === undefined) continue;
      isEmpty = false;
      lines.text(familyHeader(name, metric));
      yield* this.#writePoints(lines, name, metric);
    }
    if (isEmpty) lines.text('# no registered metrics\n');
    yield* lines.takeAll();
  }

  #writePoints(lines: LineBuffer, name: string, metric: MetricData): Iterable<Uint8Array> {
    switch (metric.dataPointType) {
      case DataPointType.SUM:
      case DataPointType.GAUGE:
        return this.#writeNumbers(lines, name, metric);
      case DataPointType.HISTOGRAM:
        return this.#writeHistograms(lines, name, metric);
      case DataPointType.EXPONENTIAL_HISTOGRAM:
        // The text format has no such thing.
        return [];
    }
  }

  *#writeNumbers(lines: LineBuffer, name: string, { dataPoints }: SumMetricData | GaugeMetricData) {
    const start = Buffer.from(name);
    for (const { attributes, value } of dataPoints) {
      writeSample(lines, start, this.#labels.of(attributes), PLAIN_ENDING, value);
      if (lines.hasFull) yield* lines.takeFull();
    }
  }

  *#writeHistograms(lines: LineBuffer, name: string, { dataPoints }: HistogramMetricData) {
    const [count, sum, bucket] = ['count', 'sum', 'bucket'].map((suffix) => Buffer.from(`${name}_${suffix}`));
    let boundaries: readonly number[] = [];
    let endings = bucketEndings(boundaries);
    for (const { attributes, value } of dataPoints) {
      // All points of an instrument have the same ones as a rule, and the same object.
      if (value.buckets.boundaries !== boundaries) {
        boundaries = value.buckets.boundaries;
        endings = bucketEndings(boundaries);
      }
      const labels = this.#labels.ofHistogram(attributes);
      writeSample(lines, count, labels, PLAIN_ENDING, value.count);
      if (value.sum !== undefined) writeSample(lines, sum, labels, PLAIN_ENDING, value.sum);
      let cumulative = 0;
      for (let i = 0; i < endings.length; i++) {
        cumulative += value.buckets.counts[i];
        writeSample(lines, bucket, labels, endings[i], cumulative);
      }
      if (lines.hasFull) yield* lines.takeFull();
    }
  }
}

function writeSample(
  lines: LineBuffer,
  name: Uint8Array,
  labels: Uint8Array,
  { afterLabels, withoutLabels }: Ending,
  value: number,
): void {
  lines.sample(name, labels, labels.length === 0 ? withoutLabels : afterLabels, value);
}

/** One for each bucket: the last one has what is above all boundaries. */
function bucketEndings(boundaries: readonly number[]): Ending[] {
  return [...boundaries.filter(Number.isFinite), Number.POSITIVE_INFINITY].map((bound) => {
    const le = `le="${numberText(bound)}"} `;
    return { afterLabels: Buffer.from(`,${le}`), withoutLabels: Buffer.from(`{${le}`) };
  });
}
