import { DataPointType } from '@opentelemetry/sdk-metrics';
import type { DrawnHistogram, DrawnMetric, DrawnSum } from '../../telemetry/draw-metric.js';
import { LineBuffer, numberText } from './line-buffer.js';
import type { TextFormat } from './text-format.js';

/** What stands between the labels of a series and a value. */
interface Ending {
  readonly afterLabels: Uint8Array;
  readonly withoutLabels: Uint8Array;
}

const PLAIN_ENDING: Ending = { afterLabels: Buffer.from('} '), withoutLabels: Buffer.from(' ') };

/** Metrics as text, in chunks that are written when they are asked for. It can be read once. */
export class Page implements Iterable<Uint8Array> {
  readonly #format: TextFormat;
  readonly #metrics: Iterable<DrawnMetric>;
  readonly #lines = new LineBuffer();
  #points = 0;
  /** The current metric's header, until there is a point: a metric without points is left out. */
  #header = '';

  constructor(format: TextFormat, metrics: Iterable<DrawnMetric>) {
    this.#format = format;
    this.#metrics = metrics;
  }

  /** Data points written so far. */
  get points(): number {
    return this.#points;
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    this.#lines.text(this.#format.head);
    for (const metric of this.#metrics) {
      const family = this.#format.familyOf(metric);
      if (family === undefined) continue;
      this.#header = family.header;
      if (metric.dataPointType === DataPointType.SUM) yield* this.#writeSums(family.name, metric);
      else yield* this.#writeHistograms(family.name, metric);
    }
    if (this.#points === 0) this.#lines.text(this.#format.noMetrics);
    yield* this.#lines.takeAll();
  }

  *#writeSums(name: string, { batches }: DrawnSum) {
    const lines = this.#lines;
    const { labels } = this.#format;
    const start = Buffer.from(name);
    for (const points of batches) {
      this.#beginPoints(points.length);
      for (const { attributes, value } of points) {
        writeSample(lines, start, labels.of(attributes), PLAIN_ENDING, value);
      }
      yield* lines.takeFull();
    }
  }

  *#writeHistograms(name: string, { batches }: DrawnHistogram) {
    const lines = this.#lines;
    const [count, sum, bucket] = ['count', 'sum', 'bucket'].map((suffix) => Buffer.from(`${name}_${suffix}`));
    let boundaries: readonly number[] = [];
    let endings = bucketEndings(boundaries);
    for (const points of batches) {
      this.#beginPoints(points.length);
      for (const { attributes, value } of points) {
        // All points of an instrument have the same ones as a rule, and the same object.
        if (value.buckets.boundaries !== boundaries) {
          boundaries = value.buckets.boundaries;
          endings = bucketEndings(boundaries);
        }
        const labels = this.#format.labels.ofHistogram(attributes);
        writeSample(lines, count, labels, PLAIN_ENDING, value.count);
        if (value.sum !== undefined) writeSample(lines, sum, labels, PLAIN_ENDING, value.sum);
        let cumulative = 0;
        for (let i = 0; i < endings.length; i++) {
          cumulative += value.buckets.counts[i];
          writeSample(lines, bucket, labels, endings[i], cumulative);
        }
      }
      yield* lines.takeFull();
    }
  }

  #beginPoints(count: number): void {
    if (count === 0) return;
    this.#points += count;
    this.#lines.text(this.#header);
    this.#header = '';
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
