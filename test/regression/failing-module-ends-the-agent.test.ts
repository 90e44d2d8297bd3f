import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';

const KEEP = '{ keep: () => 512 }';
const GOOD = `export default () => (${KEEP});`;

/** Takes its time, for which the event loop of a relay thread has to turn. */
const SLOW = `await new Promise((resolve) => setTimeout(resolve, 500)); ${GOOD}`;

/** What a module may leave behind that fails later. */
const STRAYS = {
  'a timer': `setTimeout(() => { throw new Error('stray'); }, 20); ${GOOD}`,
  'a promise': `new Promise((_, reject) => setTimeout(reject, 20, new Error('stray'))); ${GOOD}`,
  'a timer of its default export': `export default () => { setTimeout(() => { throw new Error('stray'); }, 20); return ${KEEP}; };`,
};

const UNUSABLE = {
  'ends the process': [`process.exit(3); ${GOOD}`, /ends the thread that loads it/],
  'rejects a promise': [`Promise.reject(new Error('astray')); await new Promise(() => {});`, /astray/],
} as const;

describe("a strategy's module that fails by itself", () => {
  const cleanup = useCleanup();
  let agent: CapturingAgent;

  beforeEach(async () => {
    agent = new CapturingAgent(cleanup);
    await LineService.listen(cleanup, agent.upstream);
  });

  function capturedBy(name: string, source: string) {
    writeFileSync(join(agent.directory, name), source);
    return { capture: { strategy: 'module', module: `./${name}`, directions: ['send', 'recv'] } };
  }

  for (const [what, source] of Object.entries(STRAYS)) {
    it(`leaves the traffic alone when ${what} fails later`, async () => {
      await agent.start(capturedBy('good.mjs', GOOD));
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call('before');
      await agent.reload(capturedBy('stray.mjs', source));
      await agent.reload(capturedBy('slow.mjs', SLOW));
      await agent.process.waitForOutput("a strategy's module has failed by itself");
      assert.match(agent.process.output, /failed by itself, and is used as before: Error: stray/);
      await client.call('after');
      await (await LineClient.connect(cleanup, agent.listen)).call('after', 'after');
    });
  }

  for (const [what, [source, reason]] of Object.entries(UNUSABLE)) {
    it(`is refused when it ${what} while it is loaded, and the old one goes on`, async () => {
      await agent.start(capturedBy('good.mjs', GOOD));
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call('before');
      await assert.rejects(agent.reload(capturedBy('bad.mjs', source)), reason);
      await client.call('after');
      await agent.assertCalls({ before: 1, after: 1 });
    });
  }
});
