import assert from 'node:assert/strict';
import { NativeMemory } from '../../src/linux/memory.js';
import { createTap } from '../../src/processors/capture/create-tap.js';
import type { CaptureSettings } from '../../src/processors/capture/strategies/settings.js';
import { SizeLimit } from '../../src/processors/capture/strategies/size-limit.js';
import type { Tap } from '../../src/processors/capture/tap.js';
import { TapState } from '../../src/processors/capture/tap-state.js';
import {
  CALLS,
  unansweredColumn,
  undecodableColumn,
  unknownColumn,
} from '../../src/processors/enrich/instruments.js';
import type { EnrichCommand, EnrichReport } from '../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../src/processors/enrich/thread/enrich-loop.js';
import { type Direction, RECV, SEND } from '../../src/protocols/direction.js';
import { FRAMINGS } from '../../src/protocols/framings.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import type { SpanData } from '../../src/telemetry/span-data.js';
import { Ring } from '../processors/capture/ring/fixture.js';
import { generationSettings } from '../processors/enrich/support/messages.js';
import { threadData } from '../processors/enrich/support/thread-data.js';
import { sshAgentFraming } from './support/ssh-agent/framing/index.js';
import { sshAgent } from './support/ssh-agent/protocol.js';
import { sshAgentMessage } from './support/ssh-agent/wire.js';

const GENERATION = 1;
const FLOW = 1;
const CONNECTIONS = 4;
const framings = { ...FRAMINGS, ssh_agent: sshAgentFraming };
const protocols = { ...PROTOCOLS, ssh_agent: sshAgent };

const operation = new NativeMemory(4097);

/** One thread's ring, a tap that writes to it, and what the enrich thread makes of it. */
class Road {
  readonly #ring = new Ring({ entries: 1024, maxBytes: 2 ** 20 });
  readonly #state = new TapState(CONNECTIONS);
  readonly #tap: Tap;
  readonly #tried: readonly string[];
  readonly #data = threadData();
  readonly #reports: EnrichReport[] = [];

  constructor(tried: readonly string[], maxBytes = 512) {
    this.#tried = tried;
    const settings: CaptureSettings = {
      strategy: { type: 'size_limit', maxBytes },
      protocols: tried,
      per: 'message',
      directions: ['send', 'recv'],
      tailBytes: 0,
      ring: { id: 'capture', entries: 1024, maxBytes: 2 ** 20 },
    };
    this.#tap = createTap(this.#ring.writer, this.#state, settings, new SizeLimit(maxBytes), framings);
    for (let connection = 0; connection < CONNECTIONS; connection++) {
      this.#state.begin(connection);
      this.#state.capture[connection] = GENERATION;
      this.#state.flow[connection] = FLOW;
    }
  }

  say(connection: number, direction: Direction, bytes: Buffer | string): this {
    operation.bytes.set(Buffer.from(bytes as string));
    this.#tap.observe(connection * 2 + direction, 0, operation, Buffer.byteLength(bytes));
    return this;
  }

  /** A record of a connection is lost. */
  lose(connection: number): this {
    this.#state.ordinal[connection]++;
    return this;
  }

  end(connection: number): this {
    this.#tap.end(connection, 0);
    return this;
  }

  /** Reads all that was captured. */
  read(): this {
    const commands: EnrichCommand[] = [
      { type: 'ring', ring: 0, memory: this.#ring.memory, clientWords: new SharedArrayBuffer(4) },
      {
        type: 'generation',
        generation: GENERATION,
        settings: generationSettings({ protocols: this.#tried }),
      },
      { type: 'exit' },
    ];
    const io = {
      report: (report: EnrichReport) => this.#reports.push(report),
      receive: () => commands.shift(),
    };
    new EnrichLoop(this.#data, io, protocols).run();
    return this;
  }

  /** Calls by protocol, method and error. */
  get calls(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#reports.flatMap((report) => {
        if (report.type !== 'series' || report.wanted.kind !== 'calls') return [];
        const {
          'rpc.system.name': system,
          'rpc.method': method,
          'error.type': error,
          'udscope.outcome': outcome,
        } = report.wanted.method ?? {};
        return [
          [
            [system, method, error ?? outcome].filter((word) => word !== undefined).join(' '),
            this.#counted(report),
          ],
        ];
      }),
    );
  }

  /** What is reported of a series at the end. */
  #counted({ number }: { number: number }): number {
    const counted = this.#reports.find((report) => report.type === 'counted' && report.series === number);
    return counted?.type === 'counted' ? counted.values[CALLS] : 0;
  }

  get spans(): readonly SpanData[] {
    const batches = this.#reports.flatMap((report) => (report.type === 'spans' ? report.batches : []));
    return batches.flatMap(({ spans }) => spans);
  }

  health(column: number): number {
    return new Float64Array(this.#data.health)[column];
  }
}

const SIGN = sshAgentMessage(13, 200);
const SIGNED = sshAgentMessage(14, 100);
const LIST = sshAgentMessage(11);
const FAILED = sshAgentMessage(5);

describe('another protocol', () => {
  for (const tried of [
    ['jsonrpc', 'ssh_agent'],
    ['ssh_agent', 'jsonrpc'],
  ]) {
    it(`is told from JSON-RPC on each connection, where they are tried as ${tried.join(', ')}`, () => {
      const road = new Road(tried)
        .say(0, SEND, Buffer.concat([LIST, SIGN]))
        .say(1, SEND, '{"jsonrpc":"2.0","id":1,"method":"a"}\n')
        .say(0, RECV, FAILED)
        .say(2, SEND, 'SSH-2.0-OpenSSH\r\n')
        .say(1, RECV, '{"jsonrpc":"2.0","id":1,"result":1}\n')
        .say(0, RECV, SIGNED)
        .say(2, RECV, 'SSH-2.0-OpenSSH\r\n')
        .read();
      assert.deepEqual(road.calls, {
        'ssh_agent request_identities SSH_AGENT_FAILURE': 1,
        'ssh_agent sign_request': 1,
        'jsonrpc a': 1,
      });
      assert.equal(road.health(undecodableColumn('unknown_protocol')), 1);
    });
  }

  it('is the one that a socket names, and nothing else is tried there', () => {
    const road = new Road(['ssh_agent'])
      .say(0, SEND, LIST)
      .say(0, RECV, FAILED)
      .say(1, SEND, '{"jsonrpc":"2.0","id":1,"method":"a"}\n')
      .read();
    assert.deepEqual(road.calls, { 'ssh_agent request_identities SSH_AGENT_FAILURE': 1 });
    assert.equal(road.health(undecodableColumn('unknown_protocol')), 1);
  });

  it('has as much of its messages kept as it takes to decode them', () => {
    const road = new Road(['jsonrpc', 'ssh_agent'], 1).say(0, SEND, Buffer.concat([SIGN, LIST]));
    for (const answer of [SIGNED, FAILED]) road.say(0, RECV, answer);
    assert.deepEqual(road.read().calls, {
      'ssh_agent sign_request': 1,
      'ssh_agent request_identities SSH_AGENT_FAILURE': 1,
    });
  });

  it('has spans under its own names', () => {
    const [span] = new Road(['ssh_agent']).say(0, SEND, SIGN).say(0, RECV, SIGNED).read().spans;
    assert.deepEqual([span.name, span.kind], ['sign_request', 'server']);
    assert.equal(span.attributes['rpc.system.name'], 'ssh_agent');
    assert.ok(!Object.keys(span.attributes).some((name) => name.startsWith('jsonrpc')));
  });

  it('has no outcome of calls that wait when a message is missed, and goes on with the next', () => {
    const road = new Road(['ssh_agent'])
      .say(0, SEND, SIGN)
      .say(0, SEND, SIGN)
      .lose(0)
      .say(0, SEND, LIST)
      .say(0, RECV, FAILED)
      .say(0, SEND, SIGN)
      .end(0)
      .read();
    assert.deepEqual(road.calls, {
      'ssh_agent sign_request unknown': 2,
      'ssh_agent request_identities SSH_AGENT_FAILURE': 1,
      'ssh_agent sign_request no_response': 1,
    });
    assert.equal(road.health(unknownColumn('order_lost')), 2);
    assert.equal(road.health(unansweredColumn('connection_ended')), 1);
  });
});
