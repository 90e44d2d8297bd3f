import assert from 'node:assert/strict';
import fc from 'fast-check';
import { containerOfMounts } from '../../../../src/receivers/uds/identity/mountinfo.js';
import { ID, OTHER_ID } from './ids.js';

function line(source: string, destination: string): string {
  return `90 88 254:0 ${source} ${destination} rw,relatime - ext4 /dev/vda rw\n`;
}

describe('containerOfMounts', () => {
  const sources = [
    `/var/lib/docker/containers/${ID}/hostname`,
    `/docker/containers/${ID}/resolv.conf`,
    `/containers/storage/overlay-containers/${ID}/userdata/hosts`,
  ];
  for (const source of sources) {
    it(`finds the id in ${source}`, () => {
      assert.equal(containerOfMounts(line('/', '/') + line(source, '/etc/hosts')), ID);
    });
  }

  it('finds none where the files of containers are mounted elsewhere, as on a host', () => {
    const text = line(sources[0]!, `/var/lib/docker/containers/${ID}/mounts/shm`) + line('/', '/etc/hosts');
    assert.equal(containerOfMounts(text), undefined);
  });

  it('finds none when two are named', () => {
    const other = `/var/lib/docker/containers/${OTHER_ID}/hosts`;
    assert.equal(
      containerOfMounts(line(sources[0]!, '/etc/hostname') + line(other, '/etc/hosts')),
      undefined,
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void containerOfMounts(text)));
    assert.equal(containerOfMounts(line(`/docker/containers/${ID}0/hosts`, '/etc/hosts')), undefined);
  });
});
