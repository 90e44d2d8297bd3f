import assert from 'node:assert/strict';
import { sectionBlock } from '../../../../src/cli/tail/pcapng/blocks.js';
import { Packets } from '../../../../src/cli/tail/pcapng/packets.js';
import { portOf } from '../../../../src/cli/tail/pcapng/ports.js';
import { MAX_SEGMENT } from '../../../../src/cli/tail/pcapng/segment.js';
import type { StreamEvent } from '../../../../src/cli/tail/pcapng/stream-event.js';
import { PROTOCOL_NAMES } from '../../../../src/protocols/names.js';

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

/** The blocks of a file, whose lengths at both ends have to be the same. */
function blocksIn(bytes: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    assert.equal(length % 4, 0);
    assert.equal(bytes.readUInt32LE(at + length - 4), length);
    blocks.push({ type: bytes.readUInt32LE(at), body: bytes.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

/** A packet in a word: who sends it, its flags, where its bytes are in the stream, and what there is of them. */
function told({ body }: Block): string {
  const bytes = body.subarray(20, 20 + body.readUInt32LE(12));
  const tcp = bytes.subarray(20);
  const header = (tcp.readUInt8(12) >> 4) * 4;
  const from = tcp.readUInt16BE(0) < 2048 ? 'client' : 'server';
  const flags = tcp.readUInt8(13);
  const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'].filter((_, i) => (flags & (1 << i)) !== 0);
  const length = body.readUInt32LE(16) - 20 - header;
  assert.equal(bytes.readUInt16BE(2), body.readUInt32LE(16), 'the length that IP says');
  const payload = tcp.subarray(header).toString();
  const shown = payload.length > 20 ? `${payload.length}` : payload;
  return `${from} ${names.join(' ')} ${tcp.readUInt32BE(4)} ${tcp.readUInt32BE(8)} +${length} ${shown}`.trimEnd();
}

const packetsIn = (bytes: Buffer) => blocksIn(bytes).filter(({ type }) => type === 6);
const toldIn = (bytes: Buffer) => packetsIn(bytes).map(told);

function event(change: Partial<StreamEvent> = {}): StreamEvent {
  return {
    type: 'stream',
    socket: 'docker',
    path: '/var/run/docker.sock',
    container: { 'container.id': 'c1', 'container.name': 'wallet' },
    connection: '0-1-2',
    timeMs: 1_700_000_000_000.25,
    direction: 'send',
    pieces: [],
    begins: false,
    isBehindGap: false,
    ends: false,
    ...change,
  };
}

const piece = (text: string, skipped = 0) => ({
  kept: text.length,
  skipped,
  data: Buffer.from(text).toString('base64'),
});

describe('packets of what connections carry', () => {
  let packets: Packets;

  beforeEach(() => {
    packets = new Packets();
  });

  it('begin and end as TCP does, and number the bytes of both directions', () => {
    assert.deepEqual(toldIn(packets.blocksOf(event({ begins: true, pieces: [piece('ask')] }))), [
      'client SYN 0 0 +0',
      'server SYN ACK 0 1 +0',
      'client ACK 1 1 +0',
      'client PSH ACK 1 1 +3 ask',
    ]);
    assert.deepEqual(toldIn(packets.blocksOf(event({ direction: 'recv', pieces: [piece('answer')] }))), [
      'server PSH ACK 1 4 +6 answer',
    ]);
    assert.deepEqual(toldIn(packets.blocksOf(event({ ends: true }))), [
      'client FIN ACK 4 7 +0',
      'server FIN ACK 7 5 +0',
      'client ACK 5 8 +0',
    ]);
    assert.deepEqual([packets.packets, packets.connections, packets.payloadBytes], [8, 1, 9]);
    assert.equal(packets.blocksOf(event({ ends: true })).length, 0);
  });

  it('have the lengths of what was left out, or is not to be shown', () => {
    const pieces = [piece('head', 100), piece('tail'), { kept: 5, skipped: 2 }];
    assert.deepEqual(toldIn(packets.blocksOf(event({ pieces }))), [
      'client PSH ACK 0 0 +104 head',
      'client PSH ACK 104 0 +4 tail',
      'client PSH ACK 108 0 +7',
    ]);
    const large = [piece('x'.repeat(MAX_SEGMENT + 10), 2 * MAX_SEGMENT)];
    assert.deepEqual(toldIn(packets.blocksOf(event({ pieces: large }))), [
      `client PSH ACK 115 0 +${MAX_SEGMENT} ${MAX_SEGMENT}`,
      `client PSH ACK ${115 + MAX_SEGMENT} 0 +${MAX_SEGMENT} xxxxxxxxxx`,
      `client PSH ACK ${115 + 2 * MAX_SEGMENT} 0 +${MAX_SEGMENT}`,
      `client PSH ACK ${115 + 3 * MAX_SEGMENT} 0 +10`,
    ]);
  });

  it('show a hole where something is missing', () => {
    packets.blocksOf(event({ begins: true, pieces: [piece('a')] }));
    assert.deepEqual(toldIn(packets.blocksOf(event({ isBehindGap: true, pieces: [piece('b')] }))), [
      'client PSH ACK 3 2 +1 b',
    ]);
    packets.miss();
    assert.deepEqual(toldIn(packets.blocksOf(event({ direction: 'recv', pieces: [piece('c')] }))), [
      'server PSH ACK 3 5 +1 c',
    ]);
  });

  it('are of an interface for each container and socket, with what is known of both', () => {
    const other = { container: { 'container.name': 'shop\u202e\n' }, connection: '9' };
    const bytes = Buffer.concat([
      sectionBlock('udscope'),
      packets.blocksOf(event({ begins: true })),
      packets.blocksOf(event({ begins: true, connection: '0-2-1' })),
      packets.blocksOf(event({ ...other, begins: true })),
    ]);
    assert.deepEqual(
      blocksIn(bytes).map(({ type }) => type),
      [0x0a0d0d0a, 1, 6, 6, 6, 6, 6, 6, 1, 6, 6, 6],
    );
    const [first, second] = blocksIn(bytes).filter(({ type }) => type === 1);
    assert.match(
      first?.body.toString() ?? '',
      /wallet → docker.*container\.id=c1 .*uds\.socket\.path=\/var\/run\/docker\.sock/s,
    );
    assert.match(second?.body.toString() ?? '', /shop\\u\{202e\}\\u\{a\} → docker/);
    const ports = packetsIn(bytes).map(({ body }) => `${body.readUInt32LE(0)} ${body.readUInt16BE(40)}`);
    assert.equal(new Set([ports[0], ports[3], ports[6]]).size, 3);
    const comments = packetsIn(bytes).map(({ body }) => /connection (\S+),/.exec(body.toString())?.[1]);
    const none = undefined;
    assert.deepEqual(comments, ['0-1-2', none, none, '0-2-1', none, none, '9', none, none]);
  });

  it('are not taken for those of another client whose attributes a name holds', () => {
    const victim = { 'process.executable.name': 'sh', 'k8s.pod.name': 'wallet' };
    const forged = { 'process.executable.name': 'sh k8s.pod.name=wallet' };
    const bytes = [victim, forged].map((container, i) =>
      packets.blocksOf(event({ container, connection: String(i), pieces: [piece('x')] })),
    );
    const numbers = bytes.map((each) => packetsIn(each)[0]?.body.readUInt32LE(0));
    assert.deepEqual(numbers, [0, 1]);
    const [comment] = packetsIn(bytes[1] ?? Buffer.alloc(0));
    assert.match(comment?.body.toString() ?? '', /process\.executable\.name="sh k8s\.pod\.name=wallet" uds/);
  });

  it('hold no more than so many connections and interfaces', () => {
    let bytes: Buffer = Buffer.alloc(0);
    const interfaces: Block[] = [];
    for (let i = 0; i < 70_000; i++) {
      bytes = packets.blocksOf(
        event({ connection: String(i), container: { 'container.id': String(i) }, pieces: [piece('x')] }),
      );
      if (bytes.readUInt32LE(0) === 1) interfaces.push(...blocksIn(bytes).slice(0, 1));
    }
    assert.equal(packetsIn(bytes)[0]?.body.readUInt32LE(0), 4095);
    assert.equal(interfaces.length, 4096);
    // What is of several containers has the name of none; the comment says whose it is.
    const [last] = interfaces.slice(-1);
    assert.match(last?.body.toString() ?? '', /others/);
    assert.doesNotMatch(last?.body.toString() ?? '', /container\.id/);
    assert.match(packetsIn(bytes)[0]?.body.toString() ?? '', /container\.id=69999 /);
    // The first is forgotten: nothing but its end is not worth a packet.
    assert.equal(packets.blocksOf(event({ connection: '0', ends: true })).length, 0);
  });

  it('have ports that tell protocols apart, and none for what is unknown', () => {
    for (const name of PROTOCOL_NAMES) assert.notEqual(portOf(name), portOf(undefined), name);
    assert.equal(portOf('__proto__'), portOf(undefined));
  });
});
