import assert from 'node:assert/strict';
import {
  type FamilyType,
  metricName,
  TRANSLATION_STRATEGIES,
} from '../../../src/exporters/prometheus/translation.js';

/** Name, unit and type, then the name under each strategy, in their order. */
const NAMES: readonly (readonly [string, string, FamilyType, ...(string | undefined)[]])[] = [
  [
    'rpc.server.call.duration',
    's',
    'histogram',
    'rpc_server_call_duration_seconds',
    'rpc_server_call_duration',
    'rpc.server.call.duration_seconds',
    'rpc.server.call.duration',
  ],
  [
    'uds.send_bytes',
    'By',
    'counter',
    'uds_send_bytes_total',
    'uds_send_bytes',
    'uds.send_bytes_total',
    'uds.send_bytes',
  ],
  [
    'uds.send_ops',
    '{operation}',
    'counter',
    'uds_send_ops_total',
    'uds_send_ops',
    'uds.send_ops_total',
    'uds.send_ops',
  ],
  [
    'uds.connections.active',
    '{connection}',
    'gauge',
    'uds_connections_active',
    'uds_connections_active',
    'uds.connections.active',
    'uds.connections.active',
  ],
  ['a.b', '1', 'gauge', 'a_b_ratio', 'a_b', 'a.b_ratio', 'a.b'],
  ['a.b', '1', 'counter', 'a_b_total', 'a_b', 'a.b_total', 'a.b'],
  ['a.rate', 'By/s', 'gauge', 'a_rate_bytes_per_second', 'a_rate', 'a.rate_bytes_per_second', 'a.rate'],
  ['a.rate', '{call}/s', 'gauge', 'a_rate_per_second', 'a_rate', 'a.rate_per_second', 'a.rate'],
  ['a.b', '%', 'gauge', 'a_b_percent', 'a_b', 'a.b_percent', 'a.b'],
  // The unit comes before the suffix of the type, and neither is there twice.
  [
    'total.of_seconds',
    's',
    'counter',
    'of_seconds_total',
    'total_of_seconds',
    'total.of_seconds_total',
    'total.of_seconds',
  ],
  ['x_total', 's', 'counter', 'x_seconds_total', 'x_total', 'x_seconds_total', 'x_total'],
  ['a..b__c', '', 'gauge', 'a_b_c', 'a_b__c', 'a..b__c', 'a..b__c'],
  ['9.lives', '', 'gauge', '_9_lives', '_9_lives', '9.lives', '9.lives'],
  ['', '', 'gauge', undefined, undefined, undefined, undefined],
  ['é', '', 'gauge', undefined, undefined, 'é', 'é'],
];

describe('names of metrics', () => {
  for (const [name, unit, type, ...expected] of NAMES) {
    it(`translates ${type} ${JSON.stringify(name)} with the unit ${JSON.stringify(unit)}`, () => {
      const names = TRANSLATION_STRATEGIES.map((strategy) => metricName({ name, unit }, type, strategy));
      assert.deepEqual(names, expected);
    });
  }
});
