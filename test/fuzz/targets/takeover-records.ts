import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { putBackRecorded, recordedTakeovers, recordTakeover } from '../../../src/layout/takeover-records.js';
import { takeoverProblem } from '../../../src/linux/takeover.js';
import type { Cleanup } from '../../support/cleanup.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

/** A record of a path that was taken over: it is left out, or names the path that its own name stands for. */
export function takeoverRecords(cleanup: Cleanup): TextTarget {
  const directory = join(cleanup.directory(), 'takeovers');
  const path = join(cleanup.directory(), 'server.sock');
  recordTakeover(directory, path);
  const file = join(directory, readdirSync(directory)[0]);
  const sample = readFileSync(file, 'utf8');
  return {
    samples: [sample, sample.replace('{', '{ ')],
    fragments: [
      ...[
        '{',
        '}',
        '[',
        ']',
        '"',
        ',',
        ':',
        '\\',
        '\\u0000',
        '\\/',
        'null',
        '1e999',
        '-1',
        '1',
        '"path":"/",',
      ],
      ...['"path":"@a",', '"path":"/proc/1/root/a",', '/../', '//', '/./', '\0', '\ufeff', 'x'.repeat(200)],
      ...['"version":1,', '"version":"1",', '"__proto__":{"path":"/"},', path],
    ],
    check: (text) =>
      inTime(text.length, () => {
        writeFileSync(file, text);
        const paths = recordedTakeovers(directory);
        for (const each of paths) {
          assert.ok(isAbsolute(each) && takeoverProblem(each) === undefined, each);
          assert.equal(each, path, 'another path than the one that the name stands for');
        }
        // Nothing is there: nothing is put back, and nothing is said to have gone wrong.
        putBackRecorded(directory);
        if (paths.length > 0) assert.deepEqual(recordedTakeovers(directory), []);
      }),
  };
}
