import assert from 'node:assert/strict';
import { Random } from '../fuzz/random.js';
import { runs } from '../support/runs.js';
import { AnyConversation } from './support/any-conversation.js';
import { AnyExchanges } from './support/any-exchanges.js';
import { type Conversation, expectToldTruly } from './support/conversation.js';

const CONVERSATIONS = runs(40);
const LOST_ONE_IN = 10;

describe('any conversation', () => {
  const isToldTruly = (make: (random: Random) => Conversation) => () => {
    for (let seed = 1; seed <= CONVERSATIONS; seed++) {
      try {
        expectToldTruly({ ms: 'any', needsAll: true, ...make(new Random(seed)) });
      } catch (error) {
        assert.fail(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };

  it(
    'is told truly: all of it where everything is captured, and nothing false where less is',
    isToldTruly((random) => {
      const { steps, told } = new AnyConversation(random);
      return { steps, told };
    }),
  );

  it(
    'is told as truly over HTTP',
    isToldTruly((random) => {
      const { steps, told } = new AnyExchanges(random);
      return { steps, told: `${told}, [? not understood]` };
    }),
  );

  it(
    'has nothing false told of it when parts of it are lost',
    isToldTruly((random) => {
      const { steps, told } = new AnyConversation(random);
      const lossy = steps.map((step, i) => ({ ...step, isLost: i > 0 && random.below(LOST_ONE_IN) === 0 }));
      return { steps: lossy, told, isLossy: true };
    }),
  );
});
