import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { Cleanup, useCleanup } from '../../../support/cleanup.js';
import { DescriptorTalk } from '../../../support/descriptor-talk.js';
import { descriptorsIn } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { randomNumbers } from '../../../support/pattern.js';
import { RelayFixture } from '../../../support/relay-fixture.js';
import { repeat } from '../../../support/repeat.js';

const FILES = 12;
const MESSAGE_MAX = 253;
const MESSAGES = 150;

/** Small and large messages, and small and large queues. */
const LENGTHS = [1, 7, 300, 5000, 40_000];
const QUEUES = [1, 4096, 65_536, 212_992];

/** With a client that has passed none before, so that where the first ones come is found out, too. */
describe('descriptors anywhere in a stream', () => {
  const cleanup = useCleanup();

  for (const [seed, settings] of [
    [1, { bufferBytes: 4096 }],
    [2, { bufferBytes: 65_536 }],
    [3, { bufferBytes: 262_144, threads: 2 }],
    [4, { bufferBytes: 8192, clientShare: { connections: 64, parkedBytes: 600_000 } }],
  ] as const) {
    it(`come with the byte that they were sent with, each once, in both directions (seed ${seed})`, async function () {
      this.timeout(120_000);
      const random = randomNumbers(seed);
      const among = (values: readonly number[]) => values[Math.floor(random() * values.length)];
      const relay = await RelayFixture.start(cleanup, settings);
      const directory = cleanup.directory();
      const files = repeat(FILES, (i) => openSync(`${directory}/${i}`, 'w'));
      cleanup.defer(() => files.forEach((fd) => void closeSync(fd)));
      const some = () =>
        repeat(random() < 0.02 ? MESSAGE_MAX : 1 + Math.floor(random() * 4), () => among(files));
      let descriptors = 0;
      for (let round = 0; round < 8; round++) {
        const own = new Cleanup();
        const { client, server } = await relay.connect(own);
        for (const stream of [client, server]) stream.setSendBuffer(among(QUEUES));
        const talks = [
          new DescriptorTalk(client, server, 2 * round),
          new DescriptorTalk(server, client, 2 * round + 1),
        ];
        const left = [MESSAGES, MESSAGES];
        const isOver = [false, false];
        while (!isOver.every(Boolean)) {
          for (const [i, talk] of talks.entries()) {
            // Runs of one or the other: the far side falls behind, and catches up.
            for (let step = random() * 12; step > 0 && left[i] > 0; step--) {
              if (!talk.send(1 + Math.floor(random() * among(LENGTHS)), random() < 0.3 ? some() : [])) break;
              if (--left[i] === 0) talk.from.shutdown(SHUT_WR);
            }
            for (let step = random() * 12; step > 0 && !isOver[i]; step--) {
              isOver[i] = !talk.receive(1 + Math.floor(random() * among(LENGTHS)));
            }
          }
          await nextTurn();
        }
        for (const talk of talks) {
          assert.ok(talk.isComplete, 'something has not come');
          descriptors += talk.descriptors;
        }
        await own.run();
        await relay.settled();
      }
      const [sent, received] = relay.passedDescriptors;
      assert.equal(sent + received, descriptors);
      assert.ok(descriptors > 1000);
      assert.deepEqual([relay.droppedDescriptors, relay.totals().errors], [[0, 0], {}]);
      await eventually('the relay has closed its copies', () => descriptorsIn(directory) === FILES);
    });
  }
});
