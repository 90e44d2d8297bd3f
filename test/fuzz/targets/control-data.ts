import assert from 'node:assert/strict';
import { MESSAGE_DESCRIPTORS_MAX, ReceivedControl } from '../../../src/linux/control-data.js';
import { copyMemory, NativeMemory } from '../../../src/linux/memory.js';
import { MessageHeader } from '../../../src/linux/message-header.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

const SOL_SOCKET = 1;
const [SCM_RIGHTS, SCM_CREDENTIALS, SCM_PIDFD] = [1, 2, 4];
const WORD = 4;
const HEADER_BYTES = 16;

/** A header that tells where its control data are. */
class TellingHeader extends MessageHeader {
  controlAddress = 0;

  override setControl(address: number): void {
    this.controlAddress = address;
    super.setControl(address);
  }
}

/** Control data of a message, a character a byte: whatever lengths it has, reading it ends and stays within it. */
export function controlData(): TextTarget {
  const header = new TellingHeader();
  const control = new ReceivedControl(header, { withSender: true });
  control.expect(MESSAGE_DESCRIPTORS_MAX);
  const room = header.controlBytes;
  const memory = new NativeMemory(room);
  const all = piece(SCM_CREDENTIALS, [1, 0, 0]) + piece(SCM_RIGHTS, [7, 8, 9]) + piece(SCM_PIDFD, [5]);
  return {
    samples: [all, piece(SCM_RIGHTS, Array(MESSAGE_DESCRIPTORS_MAX).fill(3)), piece(SCM_PIDFD, [-3]), ''],
    fragments: [
      ...[0, 1, 15, 16, 17, 20, 24, 28, 2 ** 31 - 1, -1, -(2 ** 31)].map((word) => words([word])),
      ...[
        piece(SCM_RIGHTS, []),
        piece(SCM_RIGHTS, [1, 2]),
        piece(SCM_CREDENTIALS, [-1, -1, -1]),
        '\0',
        '\xff',
      ],
    ],
    check: (text) =>
      inTime(text.length, () => {
        const bytes = Buffer.from(text, 'latin1').subarray(0, room);
        memory.bytes.fill(0xff);
        memory.bytes.set(bytes);
        copyMemory(header.controlAddress, memory.address, room);
        header.controlBytes = bytes.length;
        control.read();
        assert.ok(control.count >= 0 && control.count * WORD <= bytes.length, `${control.count} descriptors`);
        assert.ok(control.pidfd >= -1 && control.uid >= 0 && control.gid >= 0);
      }),
  };
}

function piece(type: number, data: readonly number[]): string {
  const bytes = HEADER_BYTES + data.length * WORD;
  const text = words([bytes, 0, SOL_SOCKET, type, ...data]);
  return text + '\0'.repeat((8 - (text.length % 8)) % 8);
}

function words(values: readonly number[]): string {
  return Buffer.from(Int32Array.from(values).buffer).toString('latin1');
}
