import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { pid } from 'node:process';
import {
  SO_PASSCRED,
  SO_PASSPIDFD,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/linux/constants.js';
import { MESSAGE_DESCRIPTORS_MAX, ReceivedControl, SentControl } from '../../src/linux/control-data.js';
import { check } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { peek, receive, send } from '../../src/linux/socket.js';
import { useCleanup } from '../support/cleanup.js';
import { openDescriptors } from '../support/descriptors.js';
import { bindSocket } from '../support/message-socket.js';
import { socketPair } from '../support/socket-pair.js';

const TYPES = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
const BYTES = 16;
const isRoot = process.getuid?.() === 0;

describe('control data', () => {
  const cleanup = useCleanup();

  function sender() {
    const header = new MessageHeader();
    const memory = new NativeMemory(BYTES);
    header.setBuffer(memory.address, BYTES);
    return { header, control: new SentControl(header) };
  }

  function receiver(settings?: { withSender: boolean }) {
    const header = new MessageHeader();
    const memory = new NativeMemory(BYTES);
    header.setBuffer(memory.address, BYTES);
    const control = new ReceivedControl(header, settings);
    /** Receives, reads, and has the descriptors closed in the end. */
    const take = (fd: number, most = MESSAGE_DESCRIPTORS_MAX) => {
      if (most === 0) control.expectNothing();
      else control.expect(most);
      assert.equal(receive(fd, header), BYTES);
      control.read();
      const taken = [...control.descriptors.subarray(0, control.count)];
      for (const each of [...taken, control.pidfd]) {
        if (each >= 0) cleanup.defer(() => closeSync(each));
      }
      return taken;
    };
    return { header, control, take };
  }

  function ask(fd: number, option: number): void {
    check('setsockopt', libc.result(libc.setsockopt(fd, SOL_SOCKET, option, Int32Array.of(1), 4)));
  }

  /** Descriptors of so many different files. */
  function files(count: number): Int32Array {
    const directory = cleanup.directory();
    const fds = Int32Array.from({ length: count }, (_, i) => openSync(`${directory}/${i}`, 'w'));
    cleanup.defer(() => fds.forEach((fd) => void closeSync(fd)));
    return fds;
  }

  const inodes = (fds: Iterable<number>) => [...fds].map((fd) => fstatSync(fd).ino);

  for (const [name, type] of Object.entries(TYPES)) {
    it(`carries descriptors in their order, from one to all of a message (${name})`, () => {
      const [from, to] = socketPair(type, cleanup);
      const { header, control } = sender();
      const { control: received, take } = receiver();
      const fds = files(MESSAGE_DESCRIPTORS_MAX);
      for (const count of [1, 2, 3, MESSAGE_DESCRIPTORS_MAX]) {
        control.clear();
        control.addDescriptors(fds, MESSAGE_DESCRIPTORS_MAX - count, count);
        assert.equal(send(from, header), BYTES);
        const expected = inodes(fds.subarray(MESSAGE_DESCRIPTORS_MAX - count));
        assert.deepEqual(inodes(take(to)), expected);
        assert.ok(received.isThere && !received.isCut && !received.hasCredentials);
      }
      control.clear();
      assert.equal(send(from, header), BYTES);
      assert.deepEqual(take(to), []);
      assert.ok(!received.isThere);
    });

    it(`carries a sender and descriptors in one message (${name})`, function () {
      if (!isRoot) this.skip();
      const [from, to] = socketPair(type, cleanup);
      ask(to, SO_PASSCRED);
      ask(to, SO_PASSPIDFD);
      const { header, control } = sender();
      const { control: received, take } = receiver({ withSender: true });
      const fds = files(2);
      control.addSender(pid, 4_000_000_001, 40_002);
      control.addDescriptors(fds, 0, 2);
      assert.equal(send(from, header), BYTES);
      assert.deepEqual(inodes(take(to)), inodes(fds));
      const { hasCredentials, pid: of, uid, gid, pidfd, isCut } = received;
      assert.deepEqual([hasCredentials, of, uid, gid, isCut], [true, pid, 4_000_000_001, 40_002, false]);
      assert.ok(pidfd > 2);
      control.clear();
      control.addDescriptors(fds, 1, 1);
      control.addSender(pid, 0, 0);
      assert.equal(send(from, header), BYTES);
      assert.deepEqual(inodes(take(to)), inodes(fds.subarray(1)));
      assert.equal(received.uid, 0);
    });
  }

  it('takes no more descriptors than were expected, and says that some were dropped', () => {
    const [from, to] = socketPair(SOCK_STREAM, cleanup);
    const { header, control } = sender();
    const { control: received, take } = receiver();
    const fds = files(5);
    const before = openDescriptors().length;
    for (const most of [0, 1, 2, 3]) {
      control.clear();
      control.addDescriptors(fds, 0, 5);
      send(from, header);
      assert.deepEqual(inodes(take(to, most)), inodes(fds.subarray(0, most)));
      assert.ok(received.isThere && received.isCut);
    }
    assert.equal(openDescriptors().length, before + 6);
  });

  it('takes nothing when nothing is expected, and tells that there is something', () => {
    const [from, to] = socketPair(SOCK_STREAM, cleanup);
    const { header, control } = sender();
    const { header: receiving, control: received } = receiver({ withSender: true });
    control.addDescriptors(files(1), 0, 1);
    send(from, header);
    const before = openDescriptors().length;
    received.expectNothing();
    assert.equal(peek(to, receiving), BYTES);
    assert.ok(received.isThere);
    assert.equal(openDescriptors().length, before);
  });

  it('says nothing of a message from the one before it', () => {
    const [from, to] = socketPair(SOCK_STREAM, cleanup);
    ask(to, SO_PASSCRED);
    const { header, control } = sender();
    const { control: received, take } = receiver({ withSender: true });
    control.addDescriptors(files(1), 0, 1);
    send(from, header);
    take(to);
    assert.deepEqual([received.count, received.hasCredentials], [1, true]);
    libc.setsockopt(to, SOL_SOCKET, SO_PASSCRED, Int32Array.of(0), 4);
    control.clear();
    send(from, header);
    take(to);
    assert.deepEqual([received.count, received.hasCredentials, received.isThere], [0, false, false]);
  });

  it('goes with an address, and comes with one', () => {
    const directory = cleanup.directory();
    const [from, to] = ['from', 'to'].map((name) => bindSocket(SOCK_DGRAM, `${directory}/${name}`, cleanup));
    const name = new NativeMemory(112);
    const { header, control } = sender();
    const path = Buffer.from(`\x01\x00${directory}/to\x00`, 'latin1');
    name.bytes.set(path);
    header.setName(name.address, path.length);
    const fds = files(1);
    control.addDescriptors(fds, 0, 1);
    assert.equal(send(from, header), BYTES);
    const { header: receiving, take } = receiver();
    const room = new NativeMemory(112);
    receiving.setName(room.address, 112);
    assert.deepEqual(inodes(take(to)), inodes(fds));
    const sent = `\x01\x00${directory}/from\x00`;
    assert.equal(room.bytes.toString('latin1', 0, receiving.nameBytes), sent);
  });
});
