import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordedTakeovers, recordTakeover } from '../../src/layout/takeover-records.js';
import { useCleanup } from '../support/cleanup.js';

const TAKEN = '/run/service.sock';

describe('the record of a path that is taken over', () => {
  const cleanup = useCleanup();
  let directory: string;
  let record: string;

  beforeEach(() => {
    directory = join(cleanup.directory(), 'takeovers');
    recordTakeover(directory, TAKEN);
    record = join(directory, readdirSync(directory)[0]);
  });

  it('is left as it is when the next agent goes on with the path: on a full disk it could not be written again', () => {
    const { ino } = statSync(record);
    recordTakeover(directory, TAKEN);
    assert.equal(statSync(record).ino, ino);
    assert.deepEqual(recordedTakeovers(directory), [TAKEN]);
  });

  it('is written again when it says something else', () => {
    writeFileSync(record, '{');
    recordTakeover(directory, TAKEN);
    assert.deepEqual(recordedTakeovers(directory), [TAKEN]);
  });

  it('leaves nothing beside it when it cannot be written', () => {
    rmSync(record);
    mkdirSync(record);
    assert.throws(() => recordTakeover(directory, TAKEN), /EISDIR|EEXIST|ENOTEMPTY/);
    assert.equal(readdirSync(directory).length, 1);
  });
});
