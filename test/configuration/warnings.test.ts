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

  it('speak of processors and extensions, too, also of a capture that some socket names', () => {
    const { warnings } = load(['minimal'], {
      sets: [
        'processors.capture/idle=',
        'processors.capture/named=',
        'processors.enrich=',
        'extensions.control=',
        'receivers.uds.sockets=[{ listen: /a, upstream: /b, capture: capture/named }]',
      ],
    });
    assert.deepEqual(warnings.slice(0, 3), [
      '--set processors.capture/idle: is configured but not used in any pipeline',
      '--set processors.enrich: is configured but not used in any pipeline',
      '--set extensions.control: is configured but not used in service.extensions',
    ]);
  });

  it('speak of a group that may connect to the control socket and may not command', () => {
    const warningsOf = (...sets: string[]) =>
      load(['minimal'], {
        sets: [
          'receivers.uds.sockets=[{ upstream: /b }]',
          'service.extensions=[control]',
          'extensions.control.group=daemon',
          ...sets,
        ],
      }).warnings;
    assert.deepEqual(warningsOf(), [
      '--set extensions.control.group: its members may connect and are then refused: allow lists no group; add "@daemon" to it',
    ]);
    assert.deepEqual(warningsOf('extensions.control.allow=["@daemon"]'), []);
    assert.deepEqual(warningsOf('extensions.control.group='), []);
  });

  it('speak of a dashboard that others than users of the machine can open', () => {
    const warningsOf = (endpoint: string) =>
      load(['minimal'], {
        sets: [
          'receivers.uds.sockets=[{ upstream: /b }]',
          'service.extensions=[dashboard]',
          `extensions.dashboard.endpoint=${JSON.stringify(endpoint)}`,
        ],
      }).warnings;
    for (const endpoint of ['localhost:9465', '127.0.0.1:1', '[::1]:9465'])
      assert.deepEqual(warningsOf(endpoint), []);
    for (const endpoint of [':9465', '0.0.0.0:9465', '[::]:9465', 'node1:9465']) {
      assert.deepEqual(warningsOf(endpoint), [
        '--set extensions.dashboard.endpoint: everybody who reaches this address sees the dashboard, without a password; listen on localhost, and have a proxy in front ask who it is',
      ]);
    }
  });

  it('remind of payload that leaves the agent, where it does', () => {
    const pipeline = 'service.pipelines.metrics.processors=[capture, enrich]';
    const warningsOf = (payload: string, ...sets: string[]) =>
      load(['minimal'], {
        sets: ['processors.capture=', `processors.enrich.payload=${payload}`, ...sets],
      }).warnings.filter((warning) => warning.includes('raw shows'));
    assert.deepEqual(warningsOf('raw', pipeline), [
      '--set processors.enrich.payload: raw shows what is said on the sockets to everybody who sees the spans, the log records or the live stream',
    ]);
    for (const payload of ['none', 'hashed']) assert.deepEqual(warningsOf(payload, pipeline), []);
    assert.deepEqual(warningsOf('raw'), []);
  });
});
