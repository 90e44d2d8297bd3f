import assert from 'node:assert/strict';
import { StrategyError, strategyOf } from '../../../../src/processors/capture/strategies/module-strategy.js';
import type { CompleteStrategy } from '../../../../src/processors/capture/strategies/strategy.js';
import { SEND } from '../../../../src/protocols/direction.js';

const FILE = '/etc/udscope/strategy.js';

/** Everything that a module may give back and must not. */
const nonsense: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a string', '5'],
  ['NaN', NaN],
  ['minus Infinity', -Infinity],
  ['a bigint', 5n],
  ['a promise', Promise.resolve(5)],
  ['an object that cannot be printed', Object.create(null)],
];

function strategyWith(methods: Record<string, unknown>): CompleteStrategy {
  return strategyOf(FILE, { default: () => ({ keep: () => 1, ...methods }) }, {});
}

describe('strategyOf', () => {
  it('hands the options to the module, and everything it is asked to the strategy', () => {
    const asked: unknown[] = [];
    const module = {
      default: (options: unknown) => ({
        keep: (...args: unknown[]) => asked.push(options, ...args),
      }),
    };
    const options = { threshold: 5 };
    assert.equal(strategyOf(FILE, module, options).keep(100, SEND, 3), 4);
    assert.deepEqual(asked, [options, 100, SEND, 3]);
  });

  it('takes legal values as they are', () => {
    for (const kept of [-1, 0, 1, 512, 2 ** 40, Infinity]) {
      assert.equal(strategyWith({ keep: () => kept }).keep(9, SEND, 0), kept);
    }
    for (const weight of [1, 1.5, 1e9])
      assert.equal(strategyWith({ weight: () => weight }).weight(SEND), weight);
    for (const takes of [true, false]) {
      assert.equal(strategyWith({ takesConnection: () => takes }).takesConnection(0), takes);
    }
  });

  it('fills in what a strategy leaves out', () => {
    const strategy = strategyWith({});
    assert.equal(strategy.takesConnection(0), true);
    assert.equal(strategy.weight(SEND), 1);
  });

  it('lets a strategy have state of its own', () => {
    class Countdown {
      left = 3;
      keep() {
        return this.left--;
      }
    }
    const strategy = strategyOf(FILE, { default: () => new Countdown() }, {});
    assert.deepEqual([strategy.keep(1, SEND, 0), strategy.keep(1, SEND, 0)], [3, 2]);
  });

  for (const [title, value] of [...nonsense, ['-2', -2], ['1.5', 1.5], ['true', true]]) {
    it(`refuses a keep that returns ${title}`, () => {
      const strategy = strategyWith({ keep: () => value });
      assertFault(() => strategy.keep(9, SEND, 0), /keep returned .*; give a whole number of bytes/);
    });
  }

  // Nothing counts as a weight that is left out.
  const heavy = nonsense.filter(([, value]) => value !== undefined && value !== null);
  for (const [title, value] of [...heavy, ['0', 0], ['0.5', 0.5], ['Infinity', Infinity]]) {
    it(`refuses a weight that is ${title}`, () => {
      const strategy = strategyWith({ weight: () => value });
      assertFault(() => strategy.weight(SEND), /weight returned .*; give a number of at least 1/);
    });
  }

  for (const value of [0, 1, 'yes', {}]) {
    it(`refuses a takesConnection that returns ${typeof value} ${value}`, () => {
      const strategy = strategyWith({ takesConnection: () => value });
      assertFault(() => strategy.takesConnection(0), /takesConnection returned .*; give true or false/);
    });
  }

  it('says what a strategy threw, whatever that is', () => {
    const thrown: [unknown, RegExp][] = [
      [new RangeError('too much'), /threw RangeError: too much$/],
      ['text', /threw string text$/],
      [undefined, /threw undefined undefined$/],
      [Object.create(null), /threw a object$/],
      ['x'.repeat(500), /threw string x{93}…$/],
    ];
    for (const [value, expected] of thrown) {
      const fail = () => {
        throw value;
      };
      const strategy = strategyWith({ keep: fail, takesConnection: fail, weight: fail });
      assertFault(() => strategy.keep(9, SEND, 0), expected);
      assertFault(() => strategy.takesConnection(0), expected);
      assertFault(() => strategy.weight(SEND), expected);
      assertFault(() => strategyOf(FILE, { default: fail }, {}), expected);
    }
  });

  it('refuses a module without a function for its default export', () => {
    for (const module of [{}, { default: 5 }, { default: { keep: () => 1 } }, { keep: () => 1 }]) {
      assertFault(() => strategyOf(FILE, module, {}), /has no default export that is a function/);
    }
  });

  it('refuses what is no strategy', () => {
    for (const strategy of [undefined, null, 5, () => 1, {}, { keep: 5 }, { keep: () => 1, weight: 2 }]) {
      assertFault(
        () => strategyOf(FILE, { default: () => strategy }, {}),
        /its default export returned .*; give an object with a method keep/,
      );
    }
  });
});

function assertFault(action: () => unknown, expected: RegExp): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof StrategyError);
    assert.equal(error.file, FILE);
    assert.ok(error.message.startsWith(`${FILE}: `), error.message);
    assert.match(error.message, expected);
    return true;
  });
}
