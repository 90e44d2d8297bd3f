import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import {
  readRegistration,
  removeRegistration,
  saveRegistration,
} from '../../../../src/receivers/uds/containers/registration-file.js';
import { useCleanup } from '../../../support/cleanup.js';

const PERMISSIONS = 0o777;

describe('a registration on disk', () => {
  const cleanup = useCleanup();
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = join(cleanup.directory(), 'c1');
    mkdirSync(folder, { mode: 0o700 });
    file = join(folder, '.registration.json');
    saveRegistration({
      request: {
        id: 'c1',
        sockets: [],
        attributes: { team: 'a' },
        annotations: { __proto__: 'x' },
        mounts: [{ destination: '/x', source: '/y', type: 'bind', options: ['ro'] }],
        livenessPath: '/run/runc/c1',
      },
      namespace: '/run/runc',
      folder,
      sockets: [{ path: '/a.sock', upstream: '/b.sock', listen: join(folder, '3.sock') }],
    });
  });

  it('is read as it was written, and only the agent can read it', () => {
    const saved = readRegistration(folder);
    assert.deepEqual(saved?.sockets, [
      { path: '/a.sock', upstream: '/b.sock', listen: join(folder, '3.sock') },
    ]);
    const { id, namespace, livenessPath, attributes, mounts } = saved.request;
    assert.deepEqual([id, namespace, livenessPath], ['c1', '/run/runc', '/run/runc/c1']);
    assert.deepEqual(attributes, { team: 'a' });
    assert.equal(mounts[0]?.source, '/y');
    assert.equal(statSync(file).mode & PERMISSIONS, 0o600);
  });

  it('does not count after another start of the machine, by another version, or if others can write it', () => {
    const text = readFileSync(file, 'utf8');
    const { boot } = JSON.parse(text) as { boot: string };
    for (const other of [
      text.replace(boot, 'another'),
      text.replace('"version":1', '"version":2'),
      '[]',
      '',
    ]) {
      writeFileSync(file, other);
      assert.equal(readRegistration(folder), undefined, other);
    }
    writeFileSync(file, text);
    chmodSync(file, 0o666);
    assert.equal(readRegistration(folder), undefined);
    chmodSync(file, 0o600);
    assert.notEqual(readRegistration(folder), undefined);
  });

  it('does not count through a link', () => {
    const elsewhere = join(dirname(folder), 'elsewhere');
    writeFileSync(elsewhere, readFileSync(file), { mode: 0o600 });
    removeRegistration(folder);
    symlinkSync(elsewhere, file);
    assert.equal(readRegistration(folder), undefined);
  });

  it('may have been changed to anything', () => {
    const bytes = readFileSync(file);
    const place = fc.nat(bytes.length - 1);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 }),
        place,
        (changes, end) => {
          const changed = Buffer.from(bytes);
          for (const [at, value] of changes) changed[at] = value;
          for (const content of [changed, changed.subarray(0, end)]) {
            writeFileSync(file, content);
            for (const { listen } of readRegistration(folder)?.sockets ?? [])
              assert.match(listen.slice(folder.length), /^\/\d+\.sock$/);
          }
        },
      ),
    );
  });
});
