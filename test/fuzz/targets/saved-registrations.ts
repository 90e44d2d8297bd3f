import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseContainerId } from '../../../src/api/containers/container-id.js';
import {
  readRegistration,
  saveRegistration,
} from '../../../src/receivers/uds/containers/registration-file.js';
import type { Cleanup } from '../../support/cleanup.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

const OWNER_ONLY = 0o700;

/** `.registration.json`: it does not count, or is one that can be written again as it was read. */
export function savedRegistrations(cleanup: Cleanup): TextTarget {
  const folder = join(cleanup.directory(), 'c1');
  mkdirSync(folder, { mode: OWNER_ONLY });
  const file = join(folder, '.registration.json');
  const request = {
    id: 'c1',
    sockets: [],
    attributes: { team: 'a' },
    annotations: { 'io.kubernetes.pod.name': 'p' },
    mounts: [{ destination: '/x', source: '/y', type: 'bind', options: ['ro'] }],
  };
  const sockets = [
    { path: '/a.sock', upstream: '/b.sock', listen: join(folder, '0.sock') },
    { path: '/c.sock', upstream: '/d.sock', listen: join(folder, '1.sock') },
  ];
  const written = (namespace: string | undefined, livenessPath: string | undefined) => {
    saveRegistration({ request: { ...request, livenessPath }, namespace, folder, sockets });
    return readFileSync(file, 'utf8');
  };
  return {
    samples: [written('/run/runc', '/run/runc/c1'), written(undefined, undefined)],
    fragments: [
      ...['{', '}', '[', ']', '"', ',', ':', '\\', '\\u0000', '\\ud800', 'null', '1e999', '-1', '0', 'true'],
      ...['"version":2,', '"__proto__":{},', '"boot":"",', '"id":"..",', '"id":"a/b",', '"listens":[],'],
      ...['"0.sock"', '"../0.sock"', '"10000.sock"', '/../', '//', '@', '"upstream":"",', '\0', '\ufeff'],
    ],
    check: (text) => inTime(text.length, () => check(text, folder, file)),
  };
}

function check(text: string, folder: string, file: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  const saved = readRegistration(folder);
  if (saved === undefined) return;
  const { ageMs: _age, ...registration } = saved;
  assert.ok(parseContainerId(registration.request.id).ok);
  for (const { listen } of registration.sockets) assert.equal(dirname(listen), folder);
  saveRegistration(registration);
  const { ageMs: _later, ...again } = readRegistration(folder) ?? assert.fail('what was read is refused');
  assert.deepEqual(again, registration);
}
