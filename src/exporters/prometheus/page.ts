import type { HrTime } from '@opentelemetry/api';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import type {
  DrawnHistogram,
  DrawnMetric,
  DrawnSum,
  ExemplifiedHistogram,
} from '../../telemetry/draw-metric.js';
import type { Exemplar } from '../../telemetry/exemplar.js';
import type { Family, SampleName } from './family.js';
import { LineBuffer, numberText } from './line-buffer.js';
import type { PageFormat } from './page-format.js';

/** What stands between the labels of a series and a value. */
interface Ending {
  readonly afterLabels: Uint8Array;
  readonly withoutLabels: Uint8Array;
}

const PLAIN_ENDING: Ending = { afterLabels: Buffer.from('} '), withoutLabels: Buffer.from(' ') };

const MS_PER_SECOND = 1000;

/** Metrics as text, in chunks that are written when they are asked for. It can be read once. */
export class Page implements Iterable<Uint8Array> {
  readonly #format: PageFormat;
  readonly #metrics: Iterable<DrawnMetric>;
  readonly #lines = new LineBuffer();
  readonly #isOpenMetrics: boolean;
  #points = 0;
  /** The current metric's header, until there is a point: a metric without points is left out. */
  #header = '';

  constructor(format: PageFormat, metrics: Iterable<DrawnMetric>) {
    this.#format = format;
    this.#metrics = metrics;
    this.#isOpenMetrics = format.type.syntax === 'openmetrics';
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
      if (metric.dataPointType === DataPointType.SUM) yield* this.#writeSums(family, metric);
      else yield* this.#writeHistograms(family, metric);
    }
    if (this.#points === 0) this.#lines.text(this.#format.noMetrics);
    this.#lines.text(this.#format.end);
    yield* this.#lines.takeAll();
  }

  *#writeSums(family: Family, { batches }: DrawnSum) {
    const lines = this.#lines;
    const { labels } = this.#format;
    const name = family.sample();
    for (const points of batches) {
      this.#beginPoints(points.length);
      for (const { attributes, value, startTime } of points) {
        const text = labels.of(attributes);
        writeSample(lines, name, text, value);
        if (family.created !== undefined) writeSample(lines, family.created, text, secondsOf(startTime));
      }
      yield* lines.takeFull();
    }
  }

  *#writeHistograms(family: Family, { batches }: DrawnHistogram) {
    const lines = this.#lines;
    const [count, sum, bucket] = ['_count', '_sum', '_bucket'].map((suffix) => family.sample(suffix));
    let boundaries: readonly number[] = [];
    let endings = this.#bucketEndings(boundaries);
    for (const points of batches) {
      this.#beginPoints(points.length);
      for (const { attributes, value, startTime } of points) {
        // All points of an instrument have the same ones as a rule, and the same object.
        if (value.buckets.boundaries !== boundaries) {
          boundaries = value.buckets.boundaries;
          endings = this.#bucketEndings(boundaries);
        }
        const labels = this.#format.labels.ofHistogram(attributes);
        writeSample(lines, count, labels, value.count);
        if (value.sum !== undefined) writeSample(lines, sum, labels, value.sum);
        this.#writeBuckets(bucket, labels, endings, value);
        if (family.created !== undefined) writeSample(lines, family.created, labels, secondsOf(startTime));
      }
      yield* lines.takeFull();
    }
  }

  #writeBuckets(
    name: SampleName,
    labels: Uint8Array,
    endings: readonly Ending[],
    { buckets, exemplars }: ExemplifiedHistogram,
  ): void {
    const shown = this.#isOpenMetrics ? exemplars : undefined;
    let cumulative = 0;
    for (let i = 0; i < endings.length; i++) {
      cumulative += buckets.counts[i];
      const { afterLabels, withoutLabels } = endings[i];
      const ending = labels.length === 0 ? withoutLabels : afterLabels;
      const exemplar = shown?.[i];
      this.#lines.sample(
        name.beforeLabels,
        labels,
        ending,
        cumulative,
        exemplar === undefined ? '' : exemplarText(exemplar),
      );
    }
  }

  #beginPoints(count: number): void {
    if (count === 0) return;
    this.#points += count;
    this.#lines.text(this.#header);
    this.#header = '';
  }

  /** One for each bucket: the last one has what is above all boundaries. */
  #bucketEndings(boundaries: readonly number[]): Ending[] {
    const boundText = this.#isOpenMetrics ? floatText : numberText;
    return [...boundaries.filter(Number.isFinite), Number.POSITIVE_INFINITY].map((bound) => {
      const le = `le="${boundText(bound)}"} `;
      return { afterLabels: Buffer.from(`,${le}`), withoutLabels: Buffer.from(le) };
    });
  }
}

function writeSample(lines: LineBuffer, name: SampleName, labels: Uint8Array, value: number): void {
  if (labels.length === 0) lines.sample(name.bare, labels, PLAIN_ENDING.withoutLabels, value);
  else lines.sample(name.beforeLabels, labels, PLAIN_ENDING.afterLabels, value);
}

/** OpenMetrics has a decimal point in every bound. */
function floatText(bound: number): string {
  return Number.isInteger(bound) && Math.abs(bound) < 1e21 ? bound.toFixed(1) : numberText(bound);
}

/** Since the epoch, to the millisecond. */
function secondsOf([seconds, nanos]: HrTime): number {
  return (seconds * MS_PER_SECOND + Math.floor(nanos / 1e6)) / MS_PER_SECOND;
}

/** Its ids are hexadecimal digits, so that nothing is to be escaped; the labels are far shorter than 128 characters. */
function exemplarText({ traceId, spanId, value, timeMs }: Exemplar): string {
  const seconds = Math.floor(timeMs) / MS_PER_SECOND;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${seconds}`;
}
