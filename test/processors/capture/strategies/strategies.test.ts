import assert from 'node:assert/strict';
import { coverageOf } from '../../../../src/processors/capture/strategies/coverage.js';
import { createStrategy } from '../../../../src/processors/capture/strategies/create-strategy.js';
import { strategyOf } from '../../../../src/processors/capture/strategies/module-strategy.js';
import {
  ConnectionSampling,
  MessageSampling,
} from '../../../../src/processors/capture/strategies/sampling.js';
import {
  type CaptureSettings,
  moduleIn,
  type StrategySettings,
} from '../../../../src/processors/capture/strategies/settings.js';
import { SizeLimit } from '../../../../src/processors/capture/strategies/size-limit.js';
import { SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { describeStrategy, type StrategyCase } from './conformance.js';

const ALL = { connections: 1, send: 1, recv: 1 };

/** All of what is sent, and of what is received that it was. */
const module = {
  default: () => ({ keep: (bytes: number, direction: number) => (direction === RECV ? 0 : bytes) }),
};

const cases: StrategyCase[] = [
  { title: 'full', create: () => new SizeLimit(Infinity), takes: ALL },
  { title: 'size_limit', create: () => new SizeLimit(512), takes: ALL },
  { title: 'module', create: () => strategyOf('module.js', module, {}), takes: ALL },
  {
    title: 'sampling by message',
    create: (random) => new MessageSampling(0.2, new SizeLimit(512), random),
    takes: { connections: 1, send: 0.2, recv: 1 },
  },
  {
    title: 'sampling by message, all of them',
    create: (random) => new MessageSampling(1, new SizeLimit(512), random),
    takes: ALL,
  },
  {
    title: 'sampling by connection',
    create: (random) => new ConnectionSampling(0.25, new SizeLimit(512), random),
    takes: { connections: 0.25, send: 1, recv: 1 },
  },
  {
    title: 'sampling by connection, then full',
    create: (random) => new ConnectionSampling(0.5, new SizeLimit(Infinity), random),
    takes: { connections: 0.5, send: 1, recv: 1 },
  },
  {
    title: 'sampling by message, then module',
    create: (random) => new MessageSampling(0.3, strategyOf('module.js', module, {}), random),
    takes: { connections: 1, send: 0.3, recv: 1 },
  },
  {
    title: 'sampling by connection and message',
    create: (random) =>
      new ConnectionSampling(0.5, new MessageSampling(0.4, new SizeLimit(1), random), random),
    takes: { connections: 0.5, send: 0.4, recv: 1 },
  },
];

for (const strategyCase of cases) describeStrategy(strategyCase);

const SIZE_LIMIT: StrategySettings = { type: 'size_limit', maxBytes: 5 };
const MODULE: StrategySettings = { type: 'module', file: 'm.js', url: 'file:///m.js', options: {} };

function sampling(by: 'message' | 'connection', then: StrategySettings): StrategySettings {
  return { type: 'sampling', ratio: 0.5, by, then };
}

describe('createStrategy', () => {
  it('makes what the settings describe', () => {
    const sizeLimit = createStrategy(SIZE_LIMIT);
    assert.equal(sizeLimit.keep(10, SEND, 0), 5);
    const byMessage = createStrategy(sampling('message', SIZE_LIMIT));
    assert.ok(byMessage instanceof MessageSampling);
    assert.deepEqual([byMessage.weight(SEND), byMessage.weight(RECV)], [2, 1]);
    assert.equal(byMessage.keep(10, RECV, 0), 5);
    const byConnection = createStrategy(sampling('connection', SIZE_LIMIT));
    assert.ok(byConnection instanceof ConnectionSampling);
    assert.deepEqual([byConnection.weight(SEND), byConnection.weight(RECV)], [2, 2]);
    assert.equal(byConnection.keep(10, SEND, 0), 5);
  });

  it('takes the module that was loaded, inside of sampling too', () => {
    const loaded = { keep: () => SKIP, takesConnection: () => true, weight: () => 3 };
    assert.equal(createStrategy(MODULE, loaded), loaded);
    assert.equal(createStrategy(sampling('connection', MODULE), loaded).weight(SEND), 6);
  });

  it('throws when the module was not loaded', () => {
    assert.throws(() => createStrategy(MODULE), /m\.js was not loaded/);
  });
});

describe('moduleIn', () => {
  it('finds the module of a strategy', () => {
    assert.equal(moduleIn(SIZE_LIMIT), undefined);
    assert.equal(moduleIn(sampling('message', SIZE_LIMIT)), undefined);
    assert.equal(moduleIn(MODULE), MODULE);
    assert.equal(moduleIn(sampling('message', MODULE)), MODULE);
  });
});

describe('coverageOf', () => {
  const shares: [string, StrategySettings, CaptureSettings['directions'], string, string][] = [
    ['a limit, one way', SIZE_LIMIT, ['send'], 'all', 'none'],
    ['a limit, both ways', SIZE_LIMIT, ['send', 'recv'], 'all', 'all'],
    ['messages', sampling('message', SIZE_LIMIT), ['send', 'recv'], 'some', 'all'],
    ['connections', sampling('connection', SIZE_LIMIT), ['send', 'recv'], 'all', 'all'],
    ['a module', MODULE, ['recv'], 'none', 'some'],
    ['connections, then a module', sampling('connection', MODULE), ['send', 'recv'], 'some', 'some'],
  ];
  for (const [title, strategy, directions, send, recv] of shares) {
    it(`says how many messages leave a trace, of ${title}`, () => {
      const ring = { id: 'capture', entries: 2, maxBytes: 65_536 };
      const protocols = ['jsonrpc'];
      const settings: CaptureSettings = {
        strategy,
        protocols,
        per: 'message',
        directions,
        tailBytes: 0,
        ring,
      };
      assert.deepEqual(coverageOf(settings), { send, recv });
    });
  }
});
