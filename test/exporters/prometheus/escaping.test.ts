import assert from 'node:assert/strict';
import { escapeName } from '../../../src/exporters/prometheus/escaping.js';

/** A name, and what the documentation of Prometheus and its library `common` make of it. */
const NAMES = [
  ['uds_send_ops', 'uds_send_ops', 'uds__send__ops', 'uds_send_ops'],
  [
    'metric.name/with/slashes',
    'metric_name_with_slashes',
    'metric_dot_name__with__slashes',
    'U__metric_2e_name_2f_with_2f_slashes',
  ],
  ['a.b_c', 'a_b_c', 'a_dot_b__c', 'U__a_2e_b__c'],
  ['1st', '_st', '__st', 'U___31_st'],
  ['花火', '__', '____', 'U___82b1__706b_'],
  ['label with 😱', 'label_with__', 'label__with____', 'U__label_20_with_20__1f631_'],
  ['a\ud800', 'a_', 'a__', 'U__a_fffd_'],
  ['a:b', 'a:b', 'a:b', 'a:b'],
] as const;

describe('escaping of names', () => {
  for (const [name, underscores, dots, values] of NAMES) {
    it(`writes ${JSON.stringify(name)} as it is asked for`, () => {
      assert.equal(escapeName(name, 'allow-utf-8'), name);
      assert.equal(escapeName(name, 'underscores'), underscores);
      assert.equal(escapeName(name, 'dots'), dots);
      assert.equal(escapeName(name, 'values'), values);
    });
  }
});
