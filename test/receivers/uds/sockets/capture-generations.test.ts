import assert from 'node:assert/strict';
import { clientOfContainer, clientOfUser } from '../../../../src/identity/client-key.js';
import type { CaptureSettings } from '../../../../src/processors/capture/strategies/settings.js';
import type { CaptureObserver } from '../../../../src/processors/observer.js';
import { udsSocketSchema } from '../../../../src/receivers/uds/config.js';
import { wordOfClient } from '../../../../src/receivers/uds/relay/client-counts.js';
import { CaptureGenerations } from '../../../../src/receivers/uds/sockets/capture-generations.js';
import { cgroupOf, containerId, HOST_CGROUP } from '../../../support/attribution/fake-processes.js';

const SOCKET = udsSocketSchema.parse({ listen: '/run/a.sock', upstream: '/run/b.sock', name: 'rpc' });
const OWN_SOCKET = udsSocketSchema.parse({
  listen: '/run/a.sock',
  upstream: '/run/b.sock',
  name: 'rpc',
  container: { id: 'c1' },
});
const SELECTED = ['container.id'];

const SETTINGS: CaptureSettings = {
  strategy: { type: 'size_limit', maxBytes: 512 },
  protocols: ['jsonrpc'],
  per: 'message',
  directions: ['send'],
  tailBytes: 0,
  ring: { id: 'capture', entries: 64, maxBytes: 65_536 },
};
const BOTH: CaptureSettings = { ...SETTINGS, directions: ['send', 'recv'] };

const PROGRAM = { pid: 1, uid: 1000, cgroup: HOST_CGROUP, executable: '/usr/bin/program' };

/** An observer that writes down what it is told. */
class Notes {
  readonly said: string[] = [];
  readonly clients: (number | undefined)[] = [];
  #next = 1;
  readonly observer = {
    addGeneration: ({ client }) => {
      this.clients.push(client);
      this.said.push(`generation ${this.#next}`);
      return this.#next++;
    },
    endGeneration: (number) => void this.said.push(`generation ${number} ends`),
    addFlow: (number, { clientWord }) => {
      this.clients.push(clientWord);
      this.said.push(`flow ${number}`);
    },
    endFlow: (number, isFinal) => void this.said.push(`flow ${number} ends${isFinal ? ' for good' : ''}`),
  } as CaptureObserver;

  /** What was said since the last look. */
  heard(): string[] {
    return this.said.splice(0);
  }
}

const flowOf = (number: number) => {
  const counters = new Float64Array(0);
  return { number, counters, isOverflow: false, close() {} };
};
/** As of `ClientSeries.attach`, with the client of this key. */
function countedAs(key: string) {
  return { attributes: {}, owner: { key, attributes: {} }, spoken: () => {} };
}

const ofUser = countedAs(clientOfUser(1000));

describe('CaptureGenerations', () => {
  let notes: Notes;
  let captures: CaptureGenerations;

  beforeEach(() => {
    notes = new Notes();
    captures = new CaptureGenerations({ socket: SOCKET, attributes: SELECTED }, () => undefined);
  });

  const begin = (settings: CaptureSettings) => captures.begin({ settings, observer: notes.observer });

  it('introduces what is captured before threads can be told of it, and flows as they open', () => {
    assert.equal(begin(SETTINGS)?.generation, 1);
    assert.deepEqual(notes.heard(), ['generation 1']);
    captures.openFlow(flowOf(7), PROGRAM, ofUser);
    assert.deepEqual(notes.heard(), ['flow 7']);
  });

  it('makes a new generation of another coverage, and none of another limit', () => {
    begin(SETTINGS);
    assert.equal(begin({ ...SETTINGS, tailBytes: 64 })?.generation, 1);
    assert.equal(begin(BOTH)?.generation, 2);
    captures.end(1);
    assert.deepEqual(notes.heard(), ['generation 1', 'generation 2', 'generation 1 ends']);
  });

  it('tells a new reader of flows that are open', () => {
    const flow = flowOf(7);
    captures.openFlow(flow, PROGRAM, ofUser);
    captures.openFlow(flowOf(8), PROGRAM, ofUser);
    captures.endFlow(flow, true);
    assert.deepEqual(notes.heard(), [], 'nobody reads yet');
    begin(SETTINGS);
    assert.deepEqual(notes.heard(), ['generation 1', 'flow 8']);
  });

  it('ends what has ended once all that was captured of it has been passed on', async () => {
    let passed = () => {};
    const passedOn = new Promise<void>((resolve) => {
      passed = resolve;
    });
    captures = new CaptureGenerations({ socket: SOCKET, attributes: SELECTED }, () => passedOn);
    begin(SETTINGS);
    const flow = flowOf(7);
    captures.openFlow(flow, PROGRAM, ofUser);
    notes.heard();
    captures.endFlow(flow, true);
    captures.close();
    assert.deepEqual(notes.heard(), []);
    passed();
    await passedOn;
    assert.deepEqual(notes.heard(), ['flow 7 ends for good', 'generation 1 ends']);
  });

  it('leaves to records whose client they are where relay threads know as much', () => {
    begin(SETTINGS);
    captures.openFlow(flowOf(1), PROGRAM, ofUser);
    const container = { pid: 2, uid: 0, cgroup: cgroupOf(1) };
    const client = countedAs(clientOfContainer(containerId(1)));
    captures.openFlow(flowOf(2), container, client);
    assert.deepEqual(notes.clients, [undefined, undefined, undefined]);
  });

  it('says whose client a flow is where only the main thread knows', () => {
    begin(SETTINGS);
    const found = countedAs(clientOfContainer('runsc-1'));
    const all = countedAs('socket rpc');
    captures.openFlow(flowOf(1), PROGRAM, found);
    captures.openFlow(flowOf(2), undefined, all);
    assert.deepEqual(notes.clients, [undefined, wordOfClient(found.owner.key), wordOfClient(all.owner.key)]);
  });

  it('says whose all of it is where clients are not told apart', () => {
    captures = new CaptureGenerations({ socket: OWN_SOCKET, attributes: SELECTED }, () => undefined);
    begin(SETTINGS);
    const client = countedAs(clientOfContainer('c1'));
    captures.openFlow(flowOf(1), undefined, client);
    assert.deepEqual(notes.clients, [wordOfClient(client.owner.key), undefined]);
  });

  it('takes the same again for no change when its strategy was at fault', () => {
    const faults: string[] = [];
    const observer = { ...notes.observer, countFault: () => void faults.push('fault') };
    captures.begin({ settings: SETTINGS, observer });
    assert.equal(captures.giveUp(), 1);
    assert.deepEqual([captures.giveUp(), captures.current, faults.length], [undefined, undefined, 1]);
    assert.ok(captures.isCapture({ settings: SETTINGS, observer }));
  });
});
