import assert from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { packetPair, receiveDescriptors } from '../../src/linux/descriptor-message.js';
import { close } from '../../src/linux/socket.js';
import { KeptDescriptors } from '../../src/store/kept-descriptors.js';
import { listenName, unitName } from '../../src/store/names.js';
import { supervisorChannel } from '../../src/store/service-manager.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';
import { eventually } from '../support/eventually.js';
import { RawListener } from '../support/raw-stream.js';

describe('KeptDescriptors', () => {
  const cleanup = useCleanup();
  let store: KeptDescriptors;
  let manager: number;
  let warnings: string[];

  beforeEach(() => {
    const [own, other] = packetPair();
    manager = other;
    warnings = [];
    store = new KeptDescriptors((message) => warnings.push(message));
    store.begin({ inherited: [], manager: supervisorChannel(own), isKept: true });
    cleanup.defer(() => close(own));
  });

  afterEach(() => close(manager));

  /** What the manager hears next, and the inode of what came along. */
  function heard(): string | undefined {
    const message = receiveDescriptors(manager);
    if (typeof message === 'number') return undefined;
    const inodes = message.fds.map((fd) => fstatSync(fd).ino);
    for (const fd of message.fds) close(fd);
    return [message.text.replaceAll('\n', ' '), ...inodes].join(' ');
  }

  const listener = (name = 'a') => RawListener.listen(`${cleanup.directory()}/${name}`, cleanup).fd;

  it('has a descriptor kept once, replaced and dropped', () => {
    const [a, b] = [listener(), listener()];
    const [first, second] = [a, b].map((fd) => fstatSync(fd).ino);
    store.keep('unix=/a', a);
    store.keep('unix=/a', a);
    store.keep('unix=/a', b);
    store.drop('unix=/a');
    store.drop('unix=/a');
    assert.deepEqual(
      [heard(), heard(), heard(), heard(), heard()],
      [
        `FDSTORE=1 FDNAME=unix=/a FDPOLL=0 ${first}`,
        'FDSTOREREMOVE=1 FDNAME=unix=/a',
        `FDSTORE=1 FDNAME=unix=/a FDPOLL=0 ${second}`,
        'FDSTOREREMOVE=1 FDNAME=unix=/a',
        undefined,
      ],
    );
  });

  it('gives each inherited descriptor once, or again when it was given back', () => {
    const [own, ofUnit] = [listener(), listener('unit.sock')];
    store = new KeptDescriptors(() => {});
    const inherited = [
      { name: listenName('/a'), fd: own },
      { name: 'docker.socket', fd: ofUnit },
    ];
    store.begin({ inherited, manager: undefined, isKept: false });
    assert.equal(store.take(listenName('/a')), own);
    assert.equal(store.take(listenName('/a')), undefined);
    store.giveBack(listenName('/a'), own);
    assert.deepEqual(store.takeRest(), [{ name: listenName('/a'), fd: own }]);
    assert.equal(store.take(listenName('/a')), undefined);
    assert.equal(store.unusedUnits.length, 1);
    assert.equal(store.take(unitName('docker.socket')), ofUnit);
    assert.deepEqual(store.unusedUnits, []);
  });

  it('waits for a manager that does not read, keeps the order, and sends what was meant even if it is closed by then', async () => {
    const fd = listener();
    const inode = fstatSync(fd).ino;
    // Fills the queue by messages of its own.
    let names = 0;
    const before = countDescriptors();
    for (; countDescriptors() === before; names++) store.keep(`unix=/${names}`, fd);
    store.keep('unix=/last', fd);
    close(fd);
    for (let i = 0; i < names; i++) {
      const text = await eventually('the next message', heard);
      assert.equal(text, `FDSTORE=1 FDNAME=unix=/${i} FDPOLL=0 ${inode}`);
    }
    assert.equal(await eventually('the last', heard), `FDSTORE=1 FDNAME=unix=/last FDPOLL=0 ${inode}`);
    assert.equal(countDescriptors(), before - 1);
    assert.deepEqual(warnings, []);
  });

  it('warns once when nobody is there, and goes on', () => {
    close(manager);
    const fd = listener();
    for (const name of ['unix=/a', 'unix=/b']) store.keep(name, fd);
    store.drop('unix=/a');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /the supervisor does not keep .*: EPIPE/);
    manager = listener('another');
  });

  it('keeps nothing where there is no manager', () => {
    store = new KeptDescriptors((message) => warnings.push(message));
    store.keep('unix=/a', listener());
    store.drop('unix=/a');
    assert.equal(store.isKept, false);
    assert.equal(store.take('unix=/a'), undefined);
    assert.deepEqual([warnings, heard()], [[], undefined]);
  });
});
