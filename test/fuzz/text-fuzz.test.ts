import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { useCleanup } from '../support/cleanup.js';
import { TEXT_TARGETS } from './targets/index.js';
import { fuzzText } from './text-fuzz.js';
import type { TextTarget } from './text-target.js';

const TEXTS = 60;

/** Whether the user that the agent runs as can read the program. */
function mayRunHere(): boolean {
  if (process.getuid?.() !== 0) return true;
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  return spawnSync('setpriv', [...nobody, 'test', '-r', import.meta.filename]).status === 0;
}

describe('text from outside', () => {
  const cleanup = useCleanup();

  for (const [name, open] of Object.entries(TEXT_TARGETS)) {
    it(`does no harm, damaged as it may be: ${name}`, async function () {
      // As root, the agent whose control API is attacked runs as nobody, who may not be let into this directory.
      if (name === 'control' && !mayRunHere()) this.skip();
      const target = await open(cleanup);
      for (const sample of target.samples) await target.check(sample);
      const { texts, failure } = await fuzzText(target, 1, (count) => count === TEXTS);
      assert.equal(failure, undefined);
      assert.equal(texts, TEXTS);
    });
  }

  it('is made short when it does', async () => {
    const target: TextTarget = {
      samples: ['abcdefghijklmnopqrstuvwxyz'],
      fragments: ['needle'],
      check: (text) => assert.ok(!text.includes('needle'), 'found'),
    };
    const { failure } = await fuzzText(target, 1, (count) => count === 1000);
    assert.equal(failure?.text, 'needle');
    assert.match(failure?.reason ?? '', /found/);
  });
});
