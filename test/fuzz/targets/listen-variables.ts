import assert from 'node:assert/strict';
import { inheritedDescriptors } from '../../../src/store/inherited.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

const PID = 42;
const FIRST_FD = 3;
const NAMES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];

/** What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say, a line each. */
export function listenVariables(): TextTarget {
  return {
    samples: [
      `${PID}\n1\na.socket`,
      `${PID}\n3\nunix=/run/a.sock:unknown:handover=1`,
      `${PID}\n2`,
      '1\n1\nx',
    ],
    fragments: [
      ...['\n', ':', '::', '0', '1', '-1', '0x3', '1e3', ' 1', '16385', '999999999', '99999999999999999999'],
      ...['٣', '\0', '=', 'unix=', '__proto__', String(PID), '\u2028', 'NaN'],
    ],
    check: (text) => inTime(text.length, () => check(text)),
  };
}

function check(text: string): void {
  const values = text.split('\n');
  const env: NodeJS.ProcessEnv = {};
  NAMES.forEach((name, i) => {
    if (values[i] !== undefined) env[name] = values[i];
  });
  const found = inheritedDescriptors(env, PID);
  assert.deepEqual(env, {}, 'they are not for programs that are started');
  assert.equal(new Set(found.map(({ fd }) => fd)).size, found.length);
  for (const { name, fd } of found) assert.ok(fd >= FIRST_FD && name !== '' && !name.includes(':'), name);
  if (found.length > 0) assert.equal(Number(values[0]), PID);
}
