import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEND } from '../../../../src/protocols/direction.js';
import { Meter } from '../../../../src/protocols/framing/meter.js';
import { OperationFramer } from '../../../../src/protocols/framing/operation-framer.js';
import { varlinkFraming } from '../../../../src/protocols/varlink/framing/index.js';
import { runs } from '../../../support/runs.js';
import { type CapturedRecord, limitOf, type Options, Tapped } from './tapped.js';

/** Messages, mostly; and what is between the lines of some streams. */
const texts = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.nat(120).map((length) => `{"method":"a.b.C","parameters":{"a":"${'x}'.repeat(length)}"}}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('[{"a":1},{"b":2}]', 'noise', '', ' ', '{"a":1}\r', '{', '"}') },
);
/** Operations of whole messages, mostly. */
const operations = (end: string) => {
  const some = fc.array(texts, { minLength: 1, maxLength: 4 });
  const whole = some.map((all) => all.map((text) => `${text}${end}`).join(''));
  const cut = fc.tuple(whole, fc.nat(300)).map(([text, at]) => text.slice(0, at) || text);
  return fc.array(fc.oneof({ weight: 6, arbitrary: whole }, { weight: 1, arbitrary: cut }), {
    maxLength: 30,
  });
};
const limits = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 }), fc.constant(Infinity));
const tails = fc.constantFrom(0, 16);

const FRAMINGS: readonly [title: string, end: string, createFramer: Options['createFramer']][] = [
  ['lines', '\n', undefined],
  ['objects with a NUL', '\0', () => varlinkFraming.createFramer(SEND, new Meter())],
  ['operations', '', () => new OperationFramer()],
];

describe('What is captured at a glance', () => {
  for (const [title, end, createFramer] of FRAMINGS) {
    it(`is what would be captured otherwise, of ${title}`, () => {
      let glances = 0;
      const property = fc.property(operations(end), limits, tails, (all, limit, tailBytes) => {
        const framer = createFramer === undefined ? {} : { createFramer };
        const [quick, slow] = [0, 1].map(() => new Tapped({ ...limitOf(limit), tailBytes, ...framer }));
        forbidGlances(slow);
        for (const operation of all) {
          if (operation === '') continue;
          if (quick.state.glance[2 * quick.connection + SEND] > 0) glances++;
          assert.deepEqual(quick.send(operation).map(withoutTime), slow.send(operation).map(withoutTime));
        }
      });
      fc.assert(property, { numRuns: runs(300) });
      assert.ok(glances > 100, `${glances} operations came when a glance could have been enough`);
    });
  }
});

/** An array without elements keeps nothing that is stored in it. */
function forbidGlances({ state }: Tapped): void {
  Object.defineProperty(state, 'glance', { value: new Uint8Array(0) });
}

function withoutTime({ timeMs: _, ...record }: CapturedRecord): Omit<CapturedRecord, 'timeMs'> {
  return record;
}
