import assert from 'node:assert/strict';
import { packetPair, receiveDescriptors, sendDescriptors } from '../../../src/linux/descriptor-message.js';
import { duplicate } from '../../../src/linux/descriptors.js';
import { close } from '../../../src/linux/socket.js';
import { NO_STORE } from '../../../src/store/descriptor-store.js';
import { KeptDescriptors } from '../../../src/store/kept-descriptors.js';
import { fieldsOf, removeMessage, storeMessage } from '../../../src/store/message.js';
import { isDescriptorName, listenName } from '../../../src/store/names.js';
import { awaitStart } from '../../../src/store/supervised.js';
import { HeldDescriptors } from '../../../src/supervisor/held-descriptors.js';
import type { Cleanup } from '../../support/cleanup.js';
import { countDescriptors } from '../../support/descriptors.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

/** What the kernel and the messages take of a text. */
const TEXT_LENGTH_MAX = 1000;
const FDS_MAX = 4;

const NAME = listenName('/run/udscope/sockets/a/a.sock');

/** Messages of sd_notify(3) between an agent and its supervisor, both ways, with descriptors: none is left open. */
export function storeMessages(cleanup: Cleanup): TextTarget {
  const [own, other] = packetPair();
  cleanup.defer(() => {
    close(own);
    close(other);
  });
  // What is made once is there before descriptors are counted.
  check('', own, other);
  return {
    samples: [
      storeMessage(NAME),
      removeMessage(NAME),
      'READY=1\nSTATUS=serving',
      `FDNAME=${NAME}\nFDNAME=unit\nFDNAME=handover=1\nSTART=1`,
      `FDSTORE=1\nFDNAME=${NAME}\nFDPOLL=0\nFDSTORE=1\nFDNAME=x`,
    ],
    fragments: [
      ...['\n', '=', 'FDNAME=', 'FDSTORE=1', 'FDSTOREREMOVE=1', 'START=1', '\nSTART=1', 'unix=', 'unix~'],
      ...['@a', ':', '\0', ' ', '\ud800', 'é', '%', '/../', 'x'.repeat(300), 'handover=', '__proto__'],
    ],
    check: (text) => inTime(text.length, () => check(text.slice(0, TEXT_LENGTH_MAX), own, other)),
  };
}

function check(text: string, own: number, other: number): void {
  const before = countDescriptors();
  const fds = Array.from({ length: text.length % FDS_MAX }, () => duplicate(own));
  sendDescriptors(own, text, fds);
  holdWhatCame(other);
  sendDescriptors(own, text, fds);
  sendDescriptors(own, 'START=1', []);
  takeWhatCame(other);
  for (const fd of fds) close(fd);
  while (typeof receiveDescriptors(other) === 'object');
  assert.equal(countDescriptors(), before, 'descriptors that are left open');
}

/** As a supervisor does. */
function holdWhatCame(fd: number): void {
  const message = receiveDescriptors(fd);
  if (typeof message !== 'object') return;
  const names = fieldsOf(message.text).flatMap(([key, value]) => (key === 'FDNAME' ? [value] : []));
  const held = new HeldDescriptors(NO_STORE);
  message.fds.forEach((each, i) => {
    held.hold(names[i] ?? '', each);
  });
  for (const name of [...held.all.keys()]) {
    assert.ok(isDescriptorName(name), name);
    held.letGo(name);
  }
}

/** As an agent does that is started. */
function takeWhatCame(fd: number): void {
  const inherited = awaitStart(fd) ?? [];
  const store = new KeptDescriptors((message) => assert.fail(message));
  store.begin({ inherited, manager: undefined, isKept: true });
  const taken = new Set<number>();
  for (const { name, fd: each } of inherited) {
    const found = store.take(name) ?? store.take(`unit=${name}`);
    if (found === undefined) continue;
    assert.ok(!taken.has(found), `${each} is given twice`);
    taken.add(found);
    close(found);
  }
  for (const { fd: rest } of store.takeRest()) close(rest);
}
