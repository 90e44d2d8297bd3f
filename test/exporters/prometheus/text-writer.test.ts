import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { scopeLabels } from '../../../src/exporters/prometheus/exposition.js';
import { TextWriter } from '../../../src/exporters/prometheus/text-writer.js';
import { parsePrometheusText } from '../../support/prometheus-text.js';
import { scopeMetrics, sumOf, targetLabels } from './random-metrics.js';

const textOf = (writer: TextWriter, metrics: readonly ScopeMetrics[]) =>
  Buffer.concat([...writer.write(metrics)]).toString();

/** Its page, with the line feed it forgets at the end when there are no metrics. */
function stockText(metrics: ScopeMetrics, target: Attributes, withoutScope: boolean): string {
  const serializer = new PrometheusSerializer('', false, undefined, false, withoutScope);
  const text = serializer.serialize({ resource: resourceFromAttributes(target), scopeMetrics: [metrics] });
  const page = text.endsWith('\n') ? text : `${text}\n`;
  // What has no counterpart in UTF-8 is replaced when it is sent.
  return Buffer.from(page).toString();
}

const scope = { name: 'udscope' };

/** Labels of each line of a gauge with these attributes. */
function labelsOf(common: Attributes, ...series: readonly Attributes[]): Record<string, string>[] {
  const writer = new TextWriter({ target: {}, common });
  const page = parsePrometheusText(textOf(writer, [{ scope, metrics: [sumOf(...series)] }]));
  return page.get('sum')?.samples.map(({ labels }) => ({ ...labels })) ?? [];
}

describe('the writer of the Prometheus text format', () => {
  for (const withoutScope of [true, false]) {
    it(`writes what the SDK's serializer writes, ${withoutScope ? 'without' : 'with'} the scope`, () => {
      fc.assert(
        fc.property(scopeMetrics, targetLabels, (metrics, target) => {
          const common = withoutScope ? {} : scopeLabels(metrics.scope);
          const writer = new TextWriter({ target, common });
          const expected = stockText(metrics, target, withoutScope);
          assert.equal(textOf(writer, [metrics]), expected);
          assert.equal(textOf(writer, [metrics]), expected, 'and once more, with labels it knows');
        }),
        // Making a failing example smaller takes many minutes, for texts that differ are compared line by line.
        { numRuns: 500, seed: 20240, endOnFailure: true },
      );
    });
  }

  it('writes a page of many chunks as it writes a short one', () => {
    const series = Array.from({ length: 20_000 }, (_, i) => ({
      socket: `socket-${i}`,
      padding: 'é'.repeat(20),
    }));
    const metrics = { scope, metrics: [sumOf(...series)] };
    const chunks = [...new TextWriter({ target: {}, common: {} }).write([metrics])];
    assert.ok(chunks.length > 4);
    assert.equal(Buffer.concat(chunks).toString(), stockText(metrics, {}, true));
  });

  it('writes labels of any length', () => {
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
