import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { HANDOVER_VERSION } from '../../../src/handover/messages.js';
import { Predecessor } from '../../../src/handover/predecessor.js';
import { layoutOf } from '../../../src/telemetry/levels.js';
import { SeriesTable } from '../../../src/telemetry/series-table.js';
import type { Cleanup } from '../../support/cleanup.js';
import { SMALL_GROUP } from '../../telemetry/support/small-group.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

const MAX_SERIES = 5;
const SINCE = [1, 2];
const OWNER = { key: 'k', attributes: { a: 1 }, container: { 'container.id': 'c' } };

/** What an agent says that is taken over from: its series are counted, or it is left alone. */
export async function handover(cleanup: Cleanup): Promise<TextTarget> {
  const path = join(cleanup.directory(), 'agent.sock');
  let said = '';
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.resume().end(Buffer.from(said));
  });
  await once(server.listen(path), 'listening');
  cleanup.defer(() => void server.close());
  return {
    samples: [
      conversation([]),
      conversation([{ type: 'end' }]),
      conversation([{ type: 'done', read: 1, connections: 0 }, gone(), { type: 'end' }], { isRetired: true }),
    ],
    fragments: [
      ...['\n', '{', '}', '[', ']', '"', ',', ':', '\\ud800', 'null', '1e999', '-1', '0', '1', '1.5', '99'],
      ...[
        '"table":0,',
        '"series":7,',
        '"values":[0,1],',
        '"values":[9,9],',
        '"__proto__":{},',
        '"isHeld":false,',
      ],
      ...['"type":"gone",', '"type":"reported",', '"isFinal":true,', '9007199254740993', ...lines()],
    ],
    check: (text) =>
      inTime(text.length, async () => {
        said = text;
        await check(path);
      }),
  };
}

async function check(path: string): Promise<void> {
  const table = new SeriesTable(SMALL_GROUP, { maxSeries: MAX_SERIES, lingerMs: 0, resumes: true });
  let hasEnded = false;
  let isOver = () => {};
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  const predecessor = await Predecessor.greet({
    path,
    tables: () => new Map([['t', table]]),
    helloMs: 5000,
    keep: (_table, handle) => handle.close(true),
    ended: () => {
      assert.ok(!hasEnded, 'it ends twice');
      hasEnded = true;
      isOver();
    },
  });
  if (predecessor !== undefined) await over;
  // What a page and a push read.
  for (const { totals } of table.readings()) assert.equal(totals.length, SMALL_GROUP.width);
  assert.ok(table.size <= MAX_SERIES);
}

function conversation(rest: readonly object[], hello: object = {}): string {
  const first = { type: 'hello', version: HANDOVER_VERSION, pid: 1, ...hello };
  return [JSON.stringify(first), ...lines(), ...rest.map((message) => JSON.stringify(message)), ''].join(
    '\n',
  );
}

function lines(): string[] {
  const of = { attributes: { a: 1, b: 'x' }, owner: OWNER, container: { 'container.id': 'c' } };
  const counted = { type: 'counted', table: 0, series: 7, isFinal: false };
  return [
    { type: 'table', table: 0, name: 't', layout: layoutOf(SMALL_GROUP) },
    { type: 'series', table: 0, series: 7, of, since: SINCE },
    { ...counted, values: [0, 3, 1, 1], isHeld: true, livesWith: '/run/c' },
    { type: 'reported', table: 0, reader: 'r', series: 7, since: SINCE, values: [0, 2] },
    { type: 'reported', table: 0, reader: 'r', of: { attributes: { a: 2 } }, since: SINCE, values: [0, 2] },
    { type: 'done', read: 0, connections: 1 },
    { ...counted, values: [0, 5], isHeld: false },
  ].map((message) => JSON.stringify(message));
}

function gone(): object {
  return { type: 'gone', table: 0, series: 7 };
}
