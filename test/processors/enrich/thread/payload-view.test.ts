import assert from 'node:assert/strict';
import { payloadView } from '../../../../src/processors/enrich/thread/payload-view.js';

describe('payloadView', () => {
  it('shows nothing where nothing may be shown', () => {
    assert.equal(payloadView('none', '["secret"]'), undefined);
    for (const mode of ['none', 'hashed', 'raw'] as const)
      assert.equal(payloadView(mode, undefined), undefined);
  });

  it('shows equal payloads as equal hashes, with their length in bytes', () => {
    const hashed = payloadView('hashed', '["sé"]');
    assert.match(hashed ?? '', /^hmac:[0-9a-f]{16} 7 B$/);
    assert.equal(payloadView('hashed', '["sé"]'), hashed);
    assert.notEqual(payloadView('hashed', '["se"]'), hashed);
  });

  it('shows the text itself, cut where it is long, and no half of a character', () => {
    assert.equal(payloadView('raw', '["text"]'), '["text"]');
    const cut = payloadView('raw', `x${'\u{1f600}'.repeat(5000)}`) ?? '';
    assert.ok(cut.length < 2100 && cut.endsWith('…'), `${cut.length} characters`);
    assert.ok(!/\p{Cs}/u.test(cut));
  });
});
