import assert from 'node:assert/strict';
import { CASES, load } from './support.js';

describe('warnings of a configuration', () => {
  it('name components that nothing uses', () => {
    const { warnings } = load(['minimal'], { sets: ['exporters.debug=', 'receivers.uds/idle='] });
    assert.deepEqual(warnings, [
      '--set receivers.uds/idle: is configured but not used in any pipeline',
      '--set exporters.debug: is configured but not used in any pipeline',
    ]);
  });

  it('name the file and line of what they speak of', () => {
    const { warnings } = load(['minimal', 'overlay'], {
      sets: ['service.pipelines.metrics.exporters=[prometheus]'],
    });
    assert.deepEqual(warnings, [
      `${CASES}/overlay.yaml:10: exporters.debug: is configured but not used in any pipeline`,
    ]);
  });
});
