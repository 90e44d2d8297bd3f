import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EPOLLIN, EPOLLOUT, EPOLLRDHUP, SHUT_RD, SHUT_WR } from '../../../../src/linux/constants.js';
import { CLOSED, OPENED } from '../../../../src/receivers/uds/counters.js';
import { BufferPool } from '../../../../src/receivers/uds/relay/buffer-pool.js';
import { PARKED_BYTES_MIN } from '../../../../src/receivers/uds/relay/shares.js';
import { Cleanup, useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { Pattern } from '../../../support/pattern.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { Readiness } from '../../../support/readiness.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

const WRITE_BYTES = 65_536;

/** Turns of the relay in which whatever an end has done has had its effect, and after which nothing more is to come. */
const TURNS = 3;
const TURNS_MAX = 200;

const OPERATIONS = ['write', 'read', 'shutdownWrite', 'shutdownRead', 'close'] as const;
type Operation = (typeof OPERATIONS)[number];

/** What an end does; an end that does nothing stalls. */
interface Act {
  end: 0 | 1;
  operation: Operation;
  /** Turns of the relay until the next. */
  turns: number;
}

/** What the one that is left waits for: something to read, or room to write; and goes when that is over. */
const MANNERS = ['reads', 'writes'] as const;

interface Case {
  acts: readonly Act[];
  /** Who goes in the end, if it is still there. */
  dies: 0 | 1;
  manner: (typeof MANNERS)[number];
}

/** One end, which checks what it reads. */
class Actor {
  readonly #in: Pattern;
  readonly #out: Pattern;
  isOpen = true;
  /** Whether it has said that it takes no more. */
  isDeaf = false;

  constructor(
    readonly stream: RawStream,
    end: 0 | 1,
  ) {
    this.#out = new Pattern(1 + end);
    this.#in = new Pattern(2 - end);
  }

  do(operation: Operation): void {
    if (!this.isOpen) return;
    if (operation === 'write') this.write();
    else if (operation === 'read') this.read();
    else if (operation === 'shutdownWrite') this.stream.shutdown(SHUT_WR);
    else if (operation === 'shutdownRead') this.#deafen();
    else this.close();
  }

  /** Writes as long as anything is taken; what the kernel said then. */
  write(): string {
    for (;;) {
      const sent = this.stream.send(this.#out.slice(this.stream.sent, WRITE_BYTES));
      if (typeof sent === 'string') return sent;
    }
  }

  /** Reads as long as there is anything; what the kernel said then. */
  read(): string {
    for (;;) {
      const position = this.stream.received;
      const received = this.stream.receive();
      if (typeof received === 'string') return received;
      this.#in.check(received, position);
    }
  }

  close(): void {
    this.isOpen = false;
    this.stream.close();
  }

  #deafen(): void {
    this.isDeaf = true;
    this.stream.shutdown(SHUT_RD);
  }
}

describe('the ends of a relayed connection', () => {
  const cleanup = useCleanup();
  let buffersTaken = 0;

  beforeEach(() => {
    const { take, give } = BufferPool.prototype;
    buffersTaken = 0;
    BufferPool.prototype.take = function (this: BufferPool) {
      buffersTaken++;
      return take.call(this);
    };
    BufferPool.prototype.give = function (this: BufferPool, index) {
      buffersTaken--;
      give.call(this, index);
    };
    cleanup.defer(() => Object.assign(BufferPool.prototype, { take, give }));
  });

  function* turns(count: number): Generator<void, void> {
    for (let i = 0; i < count; i++) yield;
  }

  /** Does what a case says; in the end one of the two is gone, and the other waits as programs do. */
  function* play(relay: SteppedRelay, { acts, dies, manner }: Case): Generator<void, void> {
    const own = new Cleanup();
    const client = new Actor(relay.connect(), 0);
    yield;
    const actors = [client, new Actor(relay.accept(), 1)];
    for (const act of acts) {
      actors[act.end].do(act.operation);
      yield* turns(act.turns);
    }
    const [dead, survivor] = [actors[dies], actors[1 - dies]];
    if (dead.isOpen) dead.close();
    if (survivor.isOpen) yield* wait(survivor, manner, own);
    assert.ok(!survivor.isOpen, `the one that ${manner} is told of the end`);
    assert.ok(survivor.stream.received <= dead.stream.sent);
    if (manner === 'reads' && !survivor.isDeaf && !acts.some(closesSurvivor)) {
      assert.equal(survivor.stream.received, dead.stream.sent, 'whatever was said before arrives');
    }
    for (let i = 0; i < TURNS_MAX && relay.row[OPENED] !== relay.row[CLOSED]; i++) yield;
    assert.equal(relay.row[OPENED] - relay.row[CLOSED], 0, 'the connection is closed');
    // The one that is read into.
    assert.equal(buffersTaken, 1, 'no buffer stays');
    own.run();

    function closesSurvivor({ end, operation }: Act): boolean {
      return end !== dies && operation === 'close';
    }
  }

  function* wait(survivor: Actor, manner: Case['manner'], own: Cleanup): Generator<void, void> {
    const readiness = new Readiness(own);
    readiness.watch(survivor.stream.fd, manner === 'reads' ? EPOLLIN | EPOLLRDHUP : EPOLLOUT);
    for (let i = 0; i < TURNS_MAX && survivor.isOpen; i++) {
      yield;
      if (readiness.look().size === 0) continue;
      if ((manner === 'reads' ? survivor.read() : survivor.write()) !== 'EAGAIN') survivor.close();
    }
  }

  function* playAll(relay: SteppedRelay, cases: Iterable<Case>): Generator<void, void> {
    yield* play(relay, { acts: [], dies: 0, manner: 'reads' });
    let before = countDescriptors();
    for (const each of cases) {
      try {
        yield* play(relay, each);
        const after = countDescriptors();
        // Something else in this process may have opened one just now. What leaks does so each time.
        if (after > before) {
          yield* play(relay, each);
          assert.ok(countDescriptors() <= after, 'no descriptor stays');
        }
        before = countDescriptors();
      } catch (error) {
        throw new Error(`${JSON.stringify(each)}: ${(error as Error).message}`, { cause: error });
      }
    }
  }

  const everyAct = OPERATIONS.flatMap((operation): Act[] => [
    { end: 0, operation, turns: TURNS },
    { end: 1, operation, turns: TURNS },
  ]);

  /** Whoever writes first is blocked: both, one of them, none. */
  const beginnings: Act[][] = [0, 1, 2, 3].map((mask) =>
    everyAct.filter(({ end, operation }) => operation === 'write' && mask & (1 << end)),
  );

  function* everyCase(): Generator<Case> {
    for (const beginning of beginnings) {
      for (const first of everyAct) {
        for (const second of everyAct) {
          for (const dies of [0, 1] as const) {
            for (const manner of MANNERS) yield { acts: [...beginning, first, second], dies, manner };
          }
        }
      }
    }
  }

  it('leave nothing behind, whatever each of them does before one goes and the other waits', () => {
    const relay = new SteppedRelay(cleanup);
    relay.run(playAll(relay, everyCase()));
  });

  const everyStory = (seed: number) => {
    const writes = everyAct.filter(({ operation }) => operation === 'write');
    const timely = fc.oneof(fc.constantFrom(...everyAct), fc.constantFrom(...writes));
    const act = fc.tuple(timely, fc.nat(TURNS)).map(([each, until]) => ({ ...each, turns: until }));
    const story = fc.record({
      acts: fc.array(act, { minLength: 3, maxLength: 12 }),
      dies: fc.constantFrom<0 | 1>(0, 1),
      manner: fc.constantFrom(...MANNERS),
    });
    return fc.sample(story, { seed, numRuns: 400 });
  };

  it('leave nothing behind after longer stories either', () => {
    const relay = new SteppedRelay(cleanup, { bufferBytes: 262_144 });
    relay.run(playAll(relay, everyStory(20_240_917)));
  });

  it('leave nothing behind when little may be kept for them', () => {
    const clientShare = { connections: 16, parkedBytes: 16 * PARKED_BYTES_MIN };
    const relay = new SteppedRelay(cleanup, { bufferBytes: 262_144, clientShare });
    relay.run(playAll(relay, everyStory(20_240_918)));
  });
});
