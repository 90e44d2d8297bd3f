import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** What the agent may grow by, whatever it is sent: less than any of the large messages. */
const GROWTH_MAX = 64 * MIB;

const LARGE = 100 * MIB;

/** Takes in everything, and sends back the hash of it when the client is done. */
async function startHasher(path: string, defer: (undo: () => unknown) => void): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash('sha256');
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => hash.update(data));
    socket.on('end', () => socket.end(hash.digest('hex')));
  }).listen(path);
  defer(() => server.close());
  await once(server, 'listening');
}

/** Writes as fast as it is taken. */
async function writeAll(socket: Socket, pieces: Iterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for (const piece of pieces) {
    hash.update(piece);
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  return hash.digest('hex');
}

function* inPieces(head: string, filler: string, total: number, tail: string): Generator<Buffer> {
  const piece = Buffer.alloc(64 * KIB, filler);
  yield Buffer.from(head);
  for (let sent = 0; sent < total; sent += piece.length) yield piece;
  yield Buffer.from(tail);
}

const text = (content: string) => [Buffer.from(content)];

const TRAFFIC: Readonly<Record<string, () => Iterable<Buffer>>> = {
  garbage: () => repeat(64, () => randomBytes(64 * KIB)),
  'lines of garbage': () => text('not json at all\n{"half":\n]]]\n'.repeat(2000)),
  'binary with NULs': () => text('\0\x01\x02\0\n'.repeat(10_000)),
  'half a message': () => text('{"jsonrpc":"2.0","id":1,"method":"half'),
  'an empty line': () => text('\n'),
  'a message of 100 MiB': () =>
    inPieces('{"jsonrpc":"2.0","id":1,"method":"big","params":["', 'x', LARGE, '"]}\n'),
  'a message of 100 MiB that never ends': () => inPieces('{"method":"big","params":["', 'x', LARGE, ''),
  'a million brackets': () => text('['.repeat(1_000_000)),
  'a million braces in a message': () => text(`{"jsonrpc":"2.0","params":${'{"a":'.repeat(1_000_000)}`),
  'a method of 100 MiB': () => inPieces('{"jsonrpc":"2.0","id":1,"method":"', 'm', LARGE, '"}\n'),
  'Content-Length of 10^15': () => text('Content-Length: 1000000000000000\r\n\r\n{"jsonrpc":"2.0"}'),
  'a negative Content-Length': () => text('Content-Length: -1\r\n\r\n{"jsonrpc":"2.0","method":"a"}'),
  'a Content-Length beyond all numbers': () => text(`Content-Length: ${'9'.repeat(400)}\r\n\r\n{}`),
  'headers without an end': () => inPieces('POST / HTTP/1.1\r\n', 'x-y: z\r\n', 16 * MIB, ''),
  'chunks of nonsense': () =>
    text('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n'),
  'a hundred thousand ids that nobody answers': () =>
    repeat(100, (n) =>
      Buffer.from(repeat(1000, (i) => `{"jsonrpc":"2.0","id":${n * 1000 + i},"method":"ask"}\n`).join('')),
    ),
};

describe('hostile traffic', () => {
  const cleanup = useCleanup();

  function residentBytes(agent: CapturingAgent): number {
    const status = readFileSync(`/proc/${agent.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * KIB;
  }

  async function converse(
    path: string,
    pieces: Iterable<Buffer>,
  ): Promise<{ sent: string; arrived: string }> {
    const socket = connect(path);
    cleanup.defer(() => socket.destroy());
    await once(socket, 'connect');
    let arrived = '';
    socket.setEncoding('utf8').on('data', (data: string) => {
      arrived += data;
    });
    const ended = once(socket, 'end');
    const sent = await writeAll(socket, pieces);
    await ended;
    return { sent, arrived };
  }

  for (const strategy of ['size_limit', 'full']) {
    it(`arrives intact and harms nobody, captured by ${strategy}`, async () => {
      const capture = { strategy, directions: ['send', 'recv'] };
      const agent = await new CapturingAgent(cleanup).start({ capture });
      await startHasher(agent.upstream, (undo) => cleanup.defer(undo));
      const before = residentBytes(agent);
      for (const [index, [what, pieces]] of Object.entries(TRAFFIC).entries()) {
        const { sent, arrived } = await converse(agent.listen, pieces());
        assert.equal(arrived, sent, what);
        const growth = residentBytes(agent) - before;
        assert.ok(growth < GROWTH_MAX, `${what}: ${growth / MIB} MiB more`);
        await converse(agent.listen, text(`{"jsonrpc":"2.0","id":1,"method":"after_${index}"}\n`));
        await waitFor(`the conversation after ${what} to be decoded`, async () =>
          Object.hasOwn(await agent.calls(), `after_${index} unknown`),
        );
      }
      assert.equal(await agent.sum('udscope_enrich_faults_total'), 0);
      assert.ok((await agent.sum('udscope_enrich_undecodable_total')) > 0);
      assert.doesNotMatch(agent.process.output, /ERROR|FATAL/);
    });
  }
});
