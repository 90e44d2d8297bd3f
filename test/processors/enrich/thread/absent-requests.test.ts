import assert from 'node:assert/strict';
import { AbsentRequests } from '../../../../src/processors/enrich/thread/absent-requests.js';

describe('AbsentRequests', () => {
  it('remembers the last ids of usual length', () => {
    const absent = new AbsentRequests(false);
    const ids = Array.from(
      { length: 100 },
      (_, i) => `1024/"0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`,
    );
    for (const id of ids) absent.noteLate(id);
    assert.equal(absent.takeLate(ids[99]), true);
    assert.equal(absent.takeLate(ids[99]), false);
    assert.equal(absent.takeLate(ids[0]), false);
  });

  it('still expects the answer to a call with a long id, without remembering that', () => {
    const absent = new AbsentRequests(false);
    const id = `"${'x'.repeat(250)}`;
    absent.givenUp(id, 1000);
    assert.equal(absent.takeLate(id), false);
    assert.equal(absent.reasonAt(2000), 'late');
    absent.answered();
    assert.equal(absent.reasonAt(2000), undefined);
  });
});
