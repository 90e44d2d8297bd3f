import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { scopeLabels } from '../../../src/exporters/prometheus/exposition.js';
import { asLabels, labelName } from '../../../src/exporters/prometheus/labels.js';
import { PLAIN_PAGE } from '../../../src/exporters/prometheus/negotiate.js';
import { Page } from '../../../src/exporters/prometheus/page.js';
import { type PageFormat, PageFormats } from '../../../src/exporters/prometheus/page-format.js';
import { metricName } from '../../../src/exporters/prometheus/translation.js';
import { unitWords } from '../../../src/exporters/prometheus/units.js';
import type { DrawnMetric } from '../../../src/telemetry/draw-metric.js';
import { parsePrometheusText } from '../../support/prometheus-text.js';
import { type Metric, type RandomScope, scopeMetrics, sumOf, targetLabels } from './random-metrics.js';

const STRATEGY = 'UnderscoreEscapingWithSuffixes';

const formatOf = (target: Attributes, common: Attributes): PageFormat =>
  new PageFormats({ strategy: STRATEGY, target, common }).of(PLAIN_PAGE);

const NOTHING_COMMON = formatOf({}, {});

/** As they are drawn, each point in a batch of its own. */
const drawn = (metrics: readonly Metric[]): DrawnMetric[] => {
  return metrics.map((metric) => {
    if (metric.dataPointType === DataPointType.SUM) {
      return { ...metric, batches: metric.dataPoints.map((point) => [point]) };
    }
    return { ...metric, batches: metric.dataPoints.map((point) => [point]) };
  });
};

const textOf = (format: PageFormat, metrics: readonly Metric[]) =>
  Buffer.concat([...new Page(format, drawn(metrics))]).toString();

/** A metric under the name that it has on a page: the serializer adds no unit. */
function renamed(metric: Metric): Metric[] {
  const isCounter = metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
  const isHistogram = metric.dataPointType === DataPointType.HISTOGRAM;
  const type = isHistogram ? 'histogram' : isCounter ? 'counter' : 'gauge';
  const name = metricName(metric.descriptor, type, STRATEGY);
  if (name === undefined) return [];
  const { main, per } = unitWords(metric.descriptor.unit);
  const unit = [main, per].filter((word) => word !== '').join('_');
  const isShown = unit !== '' && name.replace(/_total$/, '').endsWith(`_${unit}`);
  return [{ ...metric, descriptor: { ...metric.descriptor, name, unit: isShown ? unit : '' } }];
}

/** Its page, with the line feed it forgets at the end when there are no metrics. */
function stockText({ scope, metrics }: RandomScope, target: Attributes, withoutScope: boolean): string {
  const serializer = new PrometheusSerializer('', false, undefined, false, withoutScope);
  const scopeMetrics = [{ scope, metrics: metrics.flatMap(renamed) }];
  const text = serializer.serialize({
    resource: resourceFromAttributes(asLabels(target, labelName)),
    scopeMetrics,
  });
  const page = text.endsWith('\n') ? text : `${text}\n`;
  // What has no counterpart in UTF-8 is replaced when it is sent.
  return Buffer.from(page).toString();
}

const scope = { name: 'udscope' };

/** Labels of each line of a gauge with these attributes. */
function labelsOf(common: Attributes, ...series: readonly Attributes[]): Record<string, string>[] {
  const page = parsePrometheusText(textOf(formatOf({}, common), [sumOf(...series)]));
  return page.get('sum')?.samples.map(({ labels }) => ({ ...labels })) ?? [];
}

describe('a page in the Prometheus text format', () => {
  for (const withoutScope of [true, false]) {
    it(`is what the SDK's serializer writes, ${withoutScope ? 'without' : 'with'} the scope`, () => {
      fc.assert(
        fc.property(scopeMetrics, targetLabels, (random, target) => {
          // The serializer would call a counter without a name `total_total`.
          const hasName = ({ descriptor: { name } }: Metric) => /[a-zA-Z0-9]/.test(name);
          const metrics = { ...random, metrics: random.metrics.filter(hasName) };
          const common = withoutScope ? {} : scopeLabels(metrics.scope);
          const format = formatOf(target, common);
          const expected = stockText(metrics, target, withoutScope);
          assert.equal(textOf(format, metrics.metrics), expected);
          assert.equal(textOf(format, metrics.metrics), expected, 'and once more, with labels it knows');
        }),
        // Making a failing example smaller takes many minutes, for texts that differ are compared line by line.
        { numRuns: 500, seed: 20240, endOnFailure: true },
      );
    });
  }

  it('is the same in many chunks as in one', () => {
    const series = Array.from({ length: 20_000 }, (_, i) => ({
      socket: `socket-${i}`,
      padding: 'é'.repeat(20),
    }));
    const metrics = { scope, metrics: [sumOf(...series)] };
    const page = new Page(NOTHING_COMMON, drawn(metrics.metrics));
    const chunks = [...page];
    assert.ok(chunks.length > 4);
    assert.equal(Buffer.concat(chunks).toString(), stockText(metrics, {}, true));
    assert.equal(page.points, 20_000);
  });

  it('leaves out a metric without points', () => {
    assert.deepEqual([...parsePrometheusText(textOf(NOTHING_COMMON, [sumOf()])).keys()], ['target_info']);
  });

  it('draws points when it is asked for a chunk, so that nothing is there as a whole', () => {
    let batches = 0;
    function* endless() {
      for (;;) yield sumOf({ series: `${++batches}` }).dataPoints;
    }
    const chunks = new Page(NOTHING_COMMON, [{ ...sumOf(), batches: endless() }])[Symbol.iterator]();
    for (let i = 1; i <= 3; i++) {
      const { value } = chunks.next();
      assert.ok(value !== undefined && batches * 10 < i * 1.1 * value.length, `${batches} batches`);
    }
  });

  it('has labels of any length', () => {
    const value = '"'.repeat(2 ** 20);
    assert.deepEqual(labelsOf({}, { value }, {}), [{ value }, {}]);
  });

  describe('where Prometheus would refuse what the serializer writes', () => {
    it('joins the values of attributes that have one label, in the order of their names', () => {
      assert.deepEqual(labelsOf({}, { a_b: 1, x: 'x', 'a.b': 'first', 'a-b': true }), [
        { a_b: 'true;first;1', x: 'x' },
      ]);
    });

    it('begins no label with a digit, and leaves none without a name', () => {
      assert.deepEqual(labelsOf({}, { '1st': 'a', '': 'b', é: 'c' }), [{ _1st: 'a', _: 'b;c' }]);
    });

    it('leaves out what has no value', () => {
      assert.deepEqual(labelsOf({}, { a: undefined, b: 'b' }), [{ b: 'b' }]);
    });

    it('has a label once that series and scope have, as the series has it', () => {
      assert.deepEqual(labelsOf(scopeLabels(scope), { 'otel.scope.name': 'mine' }, {}), [
        { otel_scope_name: 'mine' },
        { otel_scope_name: 'udscope' },
      ]);
    });
  });
});
