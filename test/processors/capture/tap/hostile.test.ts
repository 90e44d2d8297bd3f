import fc from 'fast-check';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { Random } from '../../../fuzz/random.js';
import { mutatedTraffic, stepsOf } from '../../../fuzz/traffic.js';
import { runs } from '../../../support/runs.js';
import { EverySecond, limitOf, OPERATION_BYTES, Tapped } from './tapped.js';
import { transcribe } from './transcript.js';

describe('Tap, of traffic that is no protocol', () => {
  it('accounts for every byte, with its tail or without', () => {
    const limits = fc.constantFrom(0, 1, 5, 100, Infinity);
    const tails = fc.constantFrom(0, 1, 7, 64, 2000);
    const property = fc.property(fc.nat(), limits, tails, fc.nat(2), (seed, limit, tailBytes, way) => {
      const plain = limitOf(limit);
      const strategies = [plain, { strategy: plain.strategy }, { strategy: new EverySecond(limit) }];
      const tapped = new Tapped({ ...strategies[way], tailBytes });
      const shown = [SEND, RECV].map((): Buffer[] => []);
      const random = new Random(seed);
      for (const step of stepsOf(mutatedTraffic(random), random)) {
        if (!('data' in step) || step.data === '') continue;
        const operation = Buffer.from(step.data, 'latin1').subarray(0, OPERATION_BYTES);
        tapped.show(step.direction, operation);
        shown[step.direction].push(operation);
      }
      for (const direction of [SEND, RECV] as const) {
        transcribe(tapped, direction, Buffer.concat(shown[direction]));
      }
    });
    fc.assert(property, { numRuns: runs(500) });
  });
});
