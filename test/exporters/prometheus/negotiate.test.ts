import assert from 'node:assert/strict';
import { contentType, negotiate } from '../../../src/exporters/prometheus/negotiate.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const TEXT_1 = 'text/plain; version=1.0.0; charset=utf-8; escaping=';
const OPEN_0 = 'application/openmetrics-text; version=0.0.1; charset=utf-8';
const OPEN_1 = 'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=';

const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const PROTOBUF_FIRST =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

const ANSWERS: readonly (readonly [accept: string | undefined, type: string])[] = [
  [undefined, TEXT],
  ['', TEXT],
  ['*/*', TEXT],
  [BROWSER, TEXT],
  [PROMETHEUS_2, `${OPEN_1}underscores`],
  [PROMETHEUS_3, `${OPEN_1}allow-utf-8`],
  [PROTOBUF_FIRST, `${OPEN_1}underscores`],
  ['text/plain', TEXT],
  ['text/plain;version=0.0.4;escaping=allow-utf-8', TEXT],
  ['text/plain;version=1.0.0', `${TEXT_1}underscores`],
  ['text/plain; version=1.0.0; escaping=dots', `${TEXT_1}dots`],
  ['text/plain;version="1.0.0";escaping="values"', `${TEXT_1}values`],
  ['text/plain;version=1.0.0;escaping=rot13', `${TEXT_1}underscores`],
  ['application/openmetrics-text', OPEN_0],
  ['Application/OpenMetrics-Text; Version=1.0.0', `${OPEN_1}underscores`],
  ['application/*', OPEN_0],
  ['text/*;q=0.5, application/openmetrics-text;version=0.0.1;q=0.5', OPEN_0],
  ['*/*, application/openmetrics-text;version=0.0.1', OPEN_0],
  ['text/plain;q=0.4, application/openmetrics-text;version=0.0.1;q=0.5', OPEN_0],
  ['text/plain;q=0.5, application/openmetrics-text;version=0.0.1;q=0.5', TEXT],
  ['application/openmetrics-text;q=0, text/plain;q=0.001', TEXT],
  ['application/openmetrics-text;version=0.0.1;q=0', TEXT],
  // The most specific range gives a page its weight, whatever a wider one says.
  ['*/*;q=1, text/plain;q=0', OPEN_0],
  ['text/plain;q=0, text/*, application/*;q=0.1', OPEN_0],
  ['application/openmetrics-text;q=0, application/*', TEXT],
  ['application/openmetrics-text;q=0, application/openmetrics-text;version=1.0.0', `${OPEN_1}underscores`],
  ['text/plain;q=0.1, */*;q=0.9, application/openmetrics-text;version=1.0.0;q=0.5', OPEN_0],
  [
    'text/plain;q=0.1, */*;q=0.2, application/openmetrics-text;version=1.0.0;q=0.5, application/openmetrics-text;version=0.0.1;q=0',
    `${OPEN_1}underscores`,
  ],
  ['text/plain;version=1.0.0;escaping=underscores;q=0, text/plain;version=1.0.0', `${TEXT_1}allow-utf-8`],
  ['text/plain;version=1.0.0;q=0.9, text/plain', TEXT],
  ['text/plain;version=0.0.4;q=0.5, text/plain;q=0.6', `${TEXT_1}underscores`],
  ['text/plain;version=0.0.4;charset=utf-8;q=0.9, application/openmetrics-text;q=0.8', TEXT],
  ['*/*;q=0', TEXT],
  ['*/*;q=0, application/openmetrics-text;version=0.0.1;q=0.1', OPEN_0],
  // Separators in quoted strings are none.
  ['text/plain;x="a, application/openmetrics-text;q=1, ";q=0.1, application/openmetrics-text;q=0.2', OPEN_0],
  ['text/plain;x="\\",application/openmetrics-text"', TEXT],
  // Malformed, unknown or hostile.
  ['application/openmetrics-text;version=1.0.0;q=2', TEXT],
  ['application/openmetrics-text;version=1.0.0;q=x', TEXT],
  ['application/openmetrics-text;version=2.0.0', TEXT],
  ['application/json', TEXT],
  [';;;,,,==;q', TEXT],
  ['constructor, __proto__, toString;q=1', TEXT],
  [`${'a/b,'.repeat(200)}application/openmetrics-text`, TEXT],
  [`text/plain${';x=y'.repeat(15)};version=1.0.0`, `${TEXT_1}underscores`],
  [`text/plain${';x=y'.repeat(2000)};version=1.0.0`, TEXT],
];

describe('content negotiation of the metrics page', () => {
  for (const [accept, type] of ANSWERS) {
    it(`answers Accept: ${accept?.slice(0, 80)} with ${type}`, () => {
      assert.equal(contentType(negotiate(accept)), type);
    });
  }
});
