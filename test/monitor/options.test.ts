import assert from 'node:assert/strict';
import { Monitor, MonitorError, type MonitorOptions } from '../../src/index.js';
import { samplingThen } from './support.js';

describe('Monitor options', () => {
  const CASES: [string, unknown, string][] = [
    [
      'an unknown strategy',
      { strategy: { strategy: 'half' } },
      'strategy.strategy: "half" is not one of full, size_limit, sampling, no_data',
    ],
    [
      'a strategy of the configuration only',
      { strategy: { strategy: 'module', module: 'a.js' } },
      'strategy.module: unknown key; accepted here: strategy, max_bytes, ratio, by, then',
    ],
    [
      'a strategy without a name',
      { strategy: {} },
      'strategy.strategy: undefined is not one of full, size_limit, sampling, no_data',
    ],
    [
      'a strategy that is a string',
      { strategy: 'full' },
      'strategy: is not an object; give { strategy: … }, or one with a method keep',
    ],
    [
      'an option of the relay',
      { strategy: { strategy: 'full', tail_bytes: 4 } },
      'strategy.tail_bytes: unknown key; accepted here: strategy, max_bytes, ratio, by, then',
    ],
    [
      'an option of another strategy',
      { strategy: { strategy: 'full', max_bytes: 4 } },
      'strategy.max_bytes: is a key of strategy size_limit and does nothing with full',
    ],
    [
      'sampling without a ratio',
      { strategy: { strategy: 'sampling' } },
      'strategy.ratio: is missing; strategy sampling needs it',
    ],
    [
      'a ratio beyond 1',
      { strategy: { strategy: 'sampling', ratio: 1.5 } },
      'strategy.ratio: 1.5 is not a ratio; give a number from 0 to 1',
    ],
    [
      'sampling by what cannot be told',
      { strategy: { strategy: 'sampling', ratio: 1, by: 'byte' } },
      'strategy.by: "byte" is not one of message, connection',
    ],
    [
      'sampling twice',
      { strategy: samplingThen(1, { strategy: 'sampling' }) },
      'strategy.then.strategy: "sampling" is not one of full, size_limit, no_data',
    ],
    [
      'a limit that is no size',
      { strategy: { strategy: 'size_limit', max_bytes: '5 kB' } },
      'strategy.max_bytes: "5 kB" is not a size; units are powers of 1024 here: write 5KiB',
    ],
    ['a strategy of its own without keep', { strategy: { keep: 5 } }, 'strategy.keep: is not a method'],
    [
      'a strategy of its own with a weight that is a number',
      { strategy: { keep: () => 1, weight: 2 } },
      'strategy.weight: is not a method',
    ],
    [
      'no directions',
      { directions: [] },
      'directions: a list is not a list of directions; give [send], [recv] or [send, recv]',
    ],
    [
      'one entry',
      { ringBuffer: { entries: 1 } },
      'ringBuffer.entries: 1 is not a whole number from 2 to 1048576',
    ],
    [
      'too few bytes',
      { ringBuffer: { maxBytes: 5 } },
      'ringBuffer.maxBytes: 5 is out of range; give from 64KiB to 1GiB',
    ],
    [
      'an unknown option of the ring',
      { ringBuffer: { max_bytes: 5 } },
      'ringBuffer: an object has an unknown key; accepted here: entries, maxBytes',
    ],
    [
      'an unknown option',
      { series: 5 },
      'the options: an object has an unknown key; accepted here: strategy, directions, ringBuffer, attributes, maxSeries, lingerMs, onFault',
    ],
    ['no series', { maxSeries: 0 }, 'maxSeries: 0 is not a whole number from 1 to 1000000'],
    ['negative linger', { lingerMs: -1 }, 'lingerMs: -1 is not a number of at least 0'],
    ['a handler that is none', { onFault: 1 }, 'onFault: 1 is not a function'],
  ];

  for (const [name, options, message] of CASES) {
    it(`refuses ${name}, and says what is accepted`, () => {
      assert.throws(
        () => new Monitor(options as MonitorOptions),
        (error) => {
          assert.ok(error instanceof MonitorError);
          assert.equal(error.message, message);
          return true;
        },
      );
    });
  }
});
