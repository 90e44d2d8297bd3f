import assert from 'node:assert/strict';
import { Random } from '../fuzz/random.js';
import { runs } from '../support/runs.js';
import { AnyConversation } from './support/any-conversation.js';
import { AnyExchanges } from './support/any-exchanges.js';
import { expectToldTruly } from './support/conversation.js';
import type { Steps } from './support/steps.js';

const CONVERSATIONS = runs(100);

interface Made {
  readonly steps: Steps;
  readonly told: string;
}

describe('any conversation', () => {
  const isToldTruly = (make: (random: Random) => Made, mayNotUnderstand: string) => () => {
    for (let seed = 1; seed <= CONVERSATIONS; seed++) {
      const { steps, told } = make(new Random(seed));
      try {
        expectToldTruly({ steps, told: told + mayNotUnderstand, ms: 'any', needsAll: true });
      } catch (error) {
        assert.fail(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };

  it(
    'is told truly: all of it where everything is captured, and nothing false where less is',
    isToldTruly((random) => new AnyConversation(random), ''),
  );

  it(
    'is told as truly over HTTP',
    isToldTruly((random) => new AnyExchanges(random), ', [? not understood]'),
  );
});
