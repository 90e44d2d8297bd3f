import assert from 'node:assert/strict';
import fc from 'fast-check';
import { engineFiles, placeOfPath, programFileSystems, rootPlace } from '../../src/identity/mountinfo.js';
import { ID, OTHER_ID } from './ids.js';

function line(source: string, destination: string): string {
  return `90 88 254:0 ${source} ${destination} rw,relatime - ext4 /dev/vda rw\n`;
}

const idIn = (text: string) => engineFiles(text)[0]?.id;

describe('engineFiles', () => {
  const sources = [
    `/var/lib/docker/containers/${ID}/hostname`,
    `/docker/containers/${ID}/resolv.conf`,
    `/containers/storage/overlay-containers/${ID}/userdata/hosts`,
  ];
  for (const source of sources) {
    it(`finds the id in ${source}`, () => {
      assert.equal(idIn(line('/', '/') + line(source, '/etc/hosts')), ID);
    });
  }

  it("finds none where containers' files are mounted elsewhere, as on a host", () => {
    const text = line(sources[0]!, `/var/lib/docker/containers/${ID}/mounts/shm`) + line('/', '/etc/hosts');
    assert.equal(idIn(text), undefined);
  });

  it('finds none when the mounts name two containers', () => {
    const other = `/var/lib/docker/containers/${OTHER_ID}/hosts`;
    assert.equal(idIn(line(sources[0]!, '/etc/hostname') + line(other, '/etc/hosts')), undefined);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void idIn(text)));
    assert.equal(idIn(line(`/docker/containers/${ID}0/hosts`, '/etc/hosts')), undefined);
  });
});

describe('mountinfo', () => {
  it('finds the place of the topmost root directory', () => {
    assert.equal(rootPlace(line('/a', '/') + line('/b', '/') + line('/c', '/c')), '254:0 /b');
    assert.equal(rootPlace(line('/c', '/c')), undefined);
    assert.equal(rootPlace(''), undefined);
  });

  it('finds the place of a path within its file system', () => {
    const text = line('/', '/') + line('/@data', '/var/lib') + line('/x', '/var/library');
    const placed = (path: string) => placeOfPath(path, text)?.source;
    assert.equal(placed('/var/lib/docker/f'), '/@data/docker/f');
    assert.equal(placed('/var/library/f'), '/x/f');
    assert.equal(placed('/var/li'), '/var/li');
    assert.equal(placeOfPath('/f', ''), undefined);
  });

  it('reads paths with spaces in them', () => {
    assert.equal(placeOfPath('/a b/f', line('/c\\040d', '/a\\040b'))?.source, '/c d/f');
  });

  it('finds FUSE and autofs mounts', () => {
    const text = '9 8 0:1 / /home/u/mnt rw - fuse.sshfs u@h: rw\n7 6 0:2 / /net rw - autofs m rw\n';
    assert.deepEqual([...programFileSystems(text + line('/', '/'))], ['/home/u/mnt', '/net']);
  });
});
