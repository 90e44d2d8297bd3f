import assert from 'node:assert/strict';
import type { Configuration } from '../../src/configuration/index.js';
import { capturePlan, isEnriched } from '../../src/service/capture-plan.js';
import { CASES, load } from '../configuration/support.js';

const PROCESSORS = 'service.pipelines.metrics.processors';

function configuration(...sets: string[]): Configuration {
  return load(['minimal'], { sets: ['processors.capture=', 'processors.enrich=', ...sets] }).config;
}

const OF_PIPELINE = { capture: null, protocol: 'auto' as const };

describe('capturePlan', () => {
  it('is none where no pipeline of the receiver captures', () => {
    assert.equal(capturePlan(configuration(), 'uds'), undefined);
    assert.equal(capturePlan(configuration(`${PROCESSORS}=[capture, enrich]`), 'uds/other'), undefined);
  });

  it('is none where what is captured is nothing', () => {
    for (const capture of ['{ strategy: no_data }', '{ strategy: sampling, ratio: 0 }']) {
      const config = configuration(`processors.capture=${capture}`, `${PROCESSORS}=[capture, enrich]`);
      assert.equal(capturePlan(config, 'uds'), undefined);
    }
  });

  it('decodes nothing where nobody enriches', () => {
    const plan = capturePlan(configuration(`${PROCESSORS}=[capture]`), 'uds');
    assert.deepEqual(plan?.enrich.protocols, []);
    assert.deepEqual(plan?.capture(OF_PIPELINE)?.strategy, { type: 'size_limit', maxBytes: 512 });
  });

  it('has spans only where a pipeline of traces takes them', () => {
    const metrics = `${PROCESSORS}=[capture, enrich]`;
    assert.equal(capturePlan(configuration(metrics), 'uds')?.enrich.spanRatio, 0);
    const traces =
      'service.pipelines.traces={ receivers: [uds], processors: [capture, enrich], exporters: [debug] }';
    const config = configuration(metrics, 'exporters.debug=', 'processors.enrich.span_ratio=0.5', traces);
    assert.equal(capturePlan(config, 'uds')?.enrich.spanRatio, 0.5);
  });

  it('has log records only where a pipeline of logs takes them', () => {
    const metrics = `${PROCESSORS}=[capture, enrich]`;
    assert.equal(capturePlan(configuration(metrics), 'uds')?.enrich.logs, false);
    const logs =
      'service.pipelines.logs={ receivers: [uds], processors: [capture, enrich], exporters: [debug] }';
    const plan = capturePlan(configuration(metrics, 'exporters.debug=', logs), 'uds');
    assert.deepEqual([plan?.enrich.logs, plan?.enrich.spanRatio], [true, 0]);
  });

  it('gives a socket the processor that it names, also where the pipelines have none', () => {
    const config = configuration(
      'processors.capture/own={ strategy: full }',
      'receivers.uds.sockets=[{ listen: /a, upstream: /b, capture: capture/own }]',
    );
    const plan = capturePlan(config, 'uds');
    const strategy = { type: 'size_limit', maxBytes: Number.POSITIVE_INFINITY };
    assert.deepEqual(plan?.capture({ ...OF_PIPELINE, capture: 'capture/own' })?.strategy, strategy);
    assert.equal(plan?.capture(OF_PIPELINE), undefined);
  });

  it('looks for a module from the folder of the file that names it', () => {
    const plan = capturePlan(load(['complete']).config, 'uds/second');
    const strategy = plan?.capture(OF_PIPELINE)?.strategy;
    assert.equal(strategy?.type === 'module' && strategy.file, `${CASES}/strategies/reads.js`);
  });
});

describe('isEnriched', () => {
  it('tells pipelines that decode from those that do not', () => {
    for (const [processors, expected] of [
      ['[capture, enrich]', true],
      ['[capture]', false],
      ['[]', false],
    ] as const) {
      const config = configuration(`${PROCESSORS}=${processors}`);
      assert.equal(isEnriched(config, config.pipelines[0]), expected);
    }
  });
});
