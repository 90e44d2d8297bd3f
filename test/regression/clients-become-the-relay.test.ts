import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { geteuid } from 'node:process';
import { ALICE, BOB, CAROL } from '../support/become.js';
import { useCleanup } from '../support/cleanup.js';
import { answer, ClientAs, personOf } from '../support/clients-as.js';
import { ReceiverFixture } from '../support/receiver-fixture.js';

describe('an upstream that asks who connects', () => {
  const cleanup = useCleanup();

  if (geteuid?.() === 0) {
    it('sees each client of a relay that is root, and not root', async () => {
      const fixture = new ReceiverFixture(cleanup);
      chmodSync(fixture.directory, 0o755);
      const upstream = fixture.listen('a');
      chmodSync(upstream.path, 0o777);
      await fixture.apply([fixture.socket('a')]);
      for (const person of [ALICE, BOB, CAROL]) {
        const results = (await ClientAs.start(cleanup, person)).ask({ path: fixture.path('a.relay') });
        assert.deepEqual(await answer(upstream, cleanup), person);
        assert.deepEqual(await results, { seen: 1 });
      }
    });
  } else {
    it('sees the user of a relay that cannot be anybody else, which says so', async () => {
      const fixture = new ReceiverFixture(cleanup);
      const upstream = fixture.listen('a');
      await fixture.apply([fixture.socket('a')]);
      fixture.connect('a');
      assert.equal(personOf(await upstream.accept(cleanup)).uid, geteuid?.());
      assert.ok(fixture.log.some((line) => /^a: .* sees udscope and not its clients/.test(line)));
    });
  }
});
