import assert from 'node:assert/strict';
import { captureSettings } from '../../../../src/processors/capture/settings-of.js';
import { loadStrategy } from '../../../../src/processors/capture/strategies/load-module.js';
import { StrategyError } from '../../../../src/processors/capture/strategies/module-strategy.js';
import { moduleIn } from '../../../../src/processors/capture/strategies/settings.js';
import { type CompleteStrategy, SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { repositoryPath } from '../../../support/paths.js';
import { configOf } from '../config-of.js';
import { describeStrategy } from './conformance.js';

/** The example as a configuration beside the package.json names it. */
function load(options: Record<string, unknown>): Promise<CompleteStrategy> {
  const config = configOf({ strategy: 'module', module: './examples/strategy/big-requests.js', options });
  const settings = captureSettings('capture', config, repositoryPath('otel-config.yaml'));
  const module = settings && moduleIn(settings.strategy);
  return loadStrategy(module ?? assert.fail('no module in the settings'));
}

describe('examples/strategy/big-requests.js', () => {
  it('keeps more of large requests than of small ones', async () => {
    const strategy = await load({ threshold: 2000 });
    assert.equal(strategy.keep(2000, SEND, 0), 256);
    assert.equal(strategy.keep(2001, SEND, 0), 4096);
  });

  it('has a threshold of its own', async () => {
    const strategy = await load({});
    assert.deepEqual([strategy.keep(1024, SEND, 0), strategy.keep(1025, SEND, 0)], [256, 4096]);
  });

  it('leaves out long responses', async () => {
    const strategy = await load({});
    assert.deepEqual([strategy.keep(1024, RECV, 0), strategy.keep(1025, RECV, 0)], [1024, SKIP]);
  });

  it('refuses a threshold that is none', async () => {
    for (const threshold of ['1KiB', -1, NaN, null]) {
      await assert.rejects(load({ threshold }), (error) => {
        assert.ok(error instanceof StrategyError);
        assert.match(
          error.message,
          /big-requests\.js: its default export threw TypeError: options\.threshold/,
        );
        return true;
      });
    }
  });
});

const example = await load({});
describeStrategy({ title: 'big-requests.js', create: () => example });
