import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { serve } from './real-program.js';

const SAID = 'booted';
/** Ports of QEMU's: what is written to the first is said, and to the second is how it ends. */
const SAY_PORT = 0xe9;
const EXIT_PORT = 0x501;
/** How QEMU ends for what is written there, 1. */
const EXIT_CODE = 3;

describe('vhost-user', () => {
  requireTool('qemu-storage-daemon', 'apt-get install qemu-system-common');
  requireTool('qemu-system-x86_64', 'apt-get install qemu-system-x86 seabios');

  // The machine hands over its memory and its doorbells; each message is read by its exact length.
  itWorks('lets a virtual machine boot from the disk of another process', async (passage, cleanup) => {
    const disk = `driver=file,node-name=disk,filename=${bootDisk(cleanup)}`;
    const address = `addr.type=unix,addr.path=${passage.upstream}`;
    const daemon = await serve(cleanup, 'qemu-storage-daemon', [
      ...['--blockdev', disk],
      ...['--export', `vhost-user-blk,id=export,node-name=disk,${address}`],
    ]);
    await passage.open(daemon);
    const machine = await serve(cleanup, 'qemu-system-x86_64', [
      ...['-machine', 'q35,accel=tcg,memory-backend=memory', '-m', '64', '-nodefaults', '-display', 'none'],
      ...['-object', 'memory-backend-memfd,id=memory,size=64M,share=on'],
      ...['-chardev', `socket,id=disk,path=${passage.socket}`],
      ...['-device', 'vhost-user-blk-pci,chardev=disk,num-queues=1'],
      ...['-debugcon', 'stdio', '-device', `isa-debug-exit,iobase=${EXIT_PORT}`],
    ]);
    assert.equal((await machine.exited).code, EXIT_CODE, machine.describe());
    assert.equal(machine.output, SAID);
    await passage.assertCounted('that memory and doorbells were passed', (books) => {
      assert.equal(books.connections, 1);
      assert.ok(books.sentDescriptors >= 3, JSON.stringify(books));
      assert.equal(books.receivedDescriptors, 0);
    });
  });
});

/** A disk whose boot sector says something and ends the machine. */
function bootDisk(cleanup: Cleanup): string {
  const disk = Buffer.alloc(1 << 20);
  const code = [
    // mov al, character; out SAY_PORT, al
    ...[...Buffer.from(SAID)].flatMap((character) => [0xb0, character, 0xe6, SAY_PORT]),
    // mov dx, EXIT_PORT; mov al, 1; out dx, al; hlt
    ...[0xba, EXIT_PORT & 0xff, EXIT_PORT >> 8, 0xb0, 1, 0xee, 0xf4],
  ];
  disk.set(code);
  // That it is a boot sector.
  disk.set([0x55, 0xaa], 510);
  const path = join(cleanup.directory(), 'disk');
  writeFileSync(path, disk);
  return path;
}
