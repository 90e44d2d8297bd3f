import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { useCleanup } from '../../../support/cleanup.js';
import { DescriptorTalk } from '../../../support/descriptor-talk.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

/** More reads than are looked at in any case. */
const EARLIER = 100;
const SHORT = 10;
/** One that costs as much as many. */
const LONG = 60_000;
const zeros = Buffer.alloc(LONG);

/*
 * Programs that talk for long before one of them passes its first descriptors, with another message just before. GDBus takes
 * these for those of the message that they come with.
 */
describe('the first descriptors of a client', () => {
  const cleanup = useCleanup();

  for (const end of ['client', 'server'] as const) {
    it(`come with their own message also late in a stream, from the ${end}`, () => {
      assertExact(end, function* (say) {
        for (let i = 0; i < EARLIER; i++) yield* say(SHORT);
      });
    });
  }

  it('do so again soon after a time in which not all that was said was looked at', () => {
    assertExact('client', function* (say) {
      for (let i = 0; !isTimerSet(); i++) {
        assert.ok(i < 10_000, 'all was looked at');
        yield* say(LONG);
      }
      while (isTimerSet()) yield;
      yield;
    });
  });

  function assertExact(
    end: 'client' | 'server',
    before: (say: (bytes: number) => Generator<void>) => Generator<void>,
  ): void {
    const relay = new SteppedRelay(cleanup, { bufferBytes: 65_536 });
    relay.run(
      (function* () {
        yield;
        const client = relay.connect();
        yield;
        const server = relay.accept();
        const [from, to] = end === 'client' ? [client, server] : [server, client];
        yield* before(function* (bytes) {
          from.send(zeros.subarray(0, bytes));
          yield;
          yield;
          to.receive(bytes);
        });
        const talk = new DescriptorTalk(from, to, 1);
        talk.send(SHORT, []);
        talk.send(SHORT, [0, 1]);
        for (let i = 0; i < 4; i++) yield;
        for (let i = 0; i < 2; i++) talk.receive(SHORT);
        assert.ok(talk.isComplete, 'something has not come');
      })(),
    );
  }
});

/** Whether a timer of this process is to go off; the relay of these tests has no other. */
function isTimerSet(): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[timerfd]') return false;
      return !/it_value: \(0, 0\)/.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
    } catch {
      // The descriptor of the directory itself.
      return false;
    }
  });
}
