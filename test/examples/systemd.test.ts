import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';

const UNIT = readFileSync(repositoryPath('examples', 'systemd', 'udscope.service'), 'utf8');

/** The values of a key, in the order of the file. */
const values = (key: string) =>
  Array.from(UNIT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm')), ([, value]) => value);

describe('examples/systemd', () => {
  const cleanup = useCleanup();

  it('keeps what containers have mounted over a restart, and reloads under any systemd', () => {
    assert.deepEqual(values('RuntimeDirectoryPreserve'), ['yes']);
    assert.deepEqual(values('Type'), ['notify']);
    assert.deepEqual(values('ExecReload'), ['/bin/kill -HUP $MAINPID']);
  });

  it('keeps the listening sockets, and has the supervisor alone told of signals', () => {
    assert.match(values('ExecStart')[0] ?? '', /^udscope supervise -- udscope run /);
    assert.deepEqual(values('FileDescriptorStoreMax'), ['8192']);
    assert.deepEqual(values('NonBlocking'), ['yes']);
    // Agents that were replaced drain on, also over a restart of the supervisor.
    assert.deepEqual(values('KillMode'), ['process']);
    assert.deepEqual(values('NotifyAccess'), ['main']);
    // Before version 254 systemd does not say that it keeps descriptors.
    assert.deepEqual(values('Environment'), ['FDSTORE=8192']);
    assert.deepEqual(values('OOMPolicy'), ['continue']);
    assert.deepEqual(values('LimitCORE'), ['0']);
  });

  it('says why it has each of its capabilities', () => {
    const capabilities = values('CapabilityBoundingSet').flatMap((list) => list?.split(' ') ?? []);
    const reasons = Array.from(UNIT.matchAll(/^# {3}((?:CAP_\w+ )+) *\S/gm), ([, names = '']) =>
      names.trim().split(' '),
    );
    assert.deepEqual(capabilities, reasons.flat());
  });

  it('has only settings that systemd knows', function () {
    const unit = join(cleanup.directory(), 'udscope.service');
    // The command is not installed here.
    writeFileSync(unit, UNIT.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    // There is no systemd on this machine.
    if (error !== undefined) return this.skip();
    // It may have something to say of the machine's own units.
    const said = stderr.split('\n').filter((line) => line.includes('udscope.service'));
    assert.deepEqual([status, said], [0, []]);
  });
});
