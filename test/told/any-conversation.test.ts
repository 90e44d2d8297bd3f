import assert from 'node:assert/strict';
import { Random } from '../fuzz/random.js';
import { runs } from '../support/runs.js';
import { AnyConversation } from './support/any-conversation.js';
import { expectToldTruly } from './support/conversation.js';

const CONVERSATIONS = runs(100);

describe('any conversation', () => {
  it('is told truly: all of it where everything is captured, and nothing false where less is', () => {
    for (let seed = 1; seed <= CONVERSATIONS; seed++) {
      const { steps, told } = new AnyConversation(new Random(seed));
      try {
        expectToldTruly({ steps, told, ms: 'any', needsAll: true });
      } catch (error) {
        assert.fail(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
      }
    }
  });
});
