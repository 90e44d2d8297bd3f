import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { HANDOVER_VERSION } from '../../src/handover/messages.js';
import { Predecessors } from '../../src/handover/predecessors.js';
import { layoutOf } from '../../src/telemetry/levels.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { waitFor } from '../support/process.js';
import { SMALL_GROUP } from '../telemetry/support/small-group.js';

interface Said {
  type: string;
  read?: number;
}

/** An agent that is taken over from, as its successor hears it. What it answers is up to the test. */
class SpokenAgent {
  readonly heard: Said[] = [];
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  constructor(path: string, answer: (said: Said, say: (...messages: object[]) => void) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.push(socket);
      let rest = '';
      socket.setEncoding('utf8').on('error', () => {});
      socket.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const said = JSON.parse(line) as Said;
          this.heard.push(said);
          answer(said, (...messages) => {
            for (const message of messages) socket.write(`${JSON.stringify(message)}\n`);
          });
        }
      });
    }).listen(path);
  }

  get types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  async listens(): Promise<void> {
    if (!this.#server.listening) await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

const HELLO = { type: 'hello', version: HANDOVER_VERSION, pid: process.pid };
const DONE = { type: 'done', read: 0, connections: 1 };

/** A series of an agent that has counted so much in its first column. */
function counted(amount: number): object[] {
  return [
    { type: 'table', table: 0, name: 'items', layout: layoutOf(SMALL_GROUP) },
    { type: 'series', table: 0, series: 0, of: { attributes: { a: 1 } }, since: [1, 0] },
    { type: 'counted', table: 0, series: 0, values: [0, amount], isHeld: true, isFinal: false },
  ];
}

describe('the agents before this one', () => {
  const cleanup = useCleanup();
  let path: string;
  let table: SeriesTable;
  let predecessors: Predecessors;

  beforeEach(() => {
    const directory = join(cleanup.directory(), 'agents');
    mkdirSync(directory);
    path = join(directory, 'a.sock');
    table = new SeriesTable(SMALL_GROUP, { maxSeries: 10, lingerMs: 0 });
    predecessors = predecessorsThat();
  });

  function predecessorsThat(settings: { helloMs?: number } = {}): Predecessors {
    const made = new Predecessors({
      logger: pino({ level: 'silent' }),
      tables: () => new Map([['items', table]]),
      keep: (_table, handle) => handle.close(),
      ...settings,
    });
    cleanup.defer(() => made.close());
    return made;
  }

  const listen = async (answer: ConstructorParameters<typeof SpokenAgent>[1]): Promise<SpokenAgent> => {
    const agent = new SpokenAgent(path, answer);
    cleanup.defer(() => agent.close());
    await agent.listens();
    return agent;
  };

  const shown = () => table.readings().map(({ totals }) => totals[0]);

  it('are not asked for anything before they have retired', async () => {
    const agent = await listen((said, say) => {
      if (said.type === 'hello') say(HELLO);
      if (said.type === 'retire') say(...counted(3), DONE);
      if (said.type === 'read') say({ ...DONE, read: said.read });
    });
    assert.deepEqual(await predecessors.greet([path]), []);
    const scrape = predecessors.refresh();
    await predecessors.retire();
    await scrape;
    assert.deepEqual(agent.types, ['hello', 'retire', 'read']);
    assert.deepEqual(shown(), [3]);
  });

  it('let what they read be read here as soon as they read no more, long before they have told what they count', async () => {
    let tell = () => {};
    await listen((said, say) => {
      if (said.type === 'hello') say(HELLO);
      if (said.type === 'retire') say({ type: 'stopped' });
      tell = () => say(...counted(3), DONE);
    });
    assert.equal(predecessors.stopped, undefined);
    await predecessors.greet([path]);
    const { stopped } = predecessors;
    assert.ok(stopped !== undefined);
    const retired = predecessors.retire();
    await stopped;
    assert.equal(predecessors.stopped, undefined);
    assert.deepEqual(shown(), []);
    tell();
    await retired;
    assert.deepEqual(shown(), [3]);
  });

  for (const [what, isReal] of [
    ['have retired, where they do not say when they read no more', true],
    ['are gone', false],
  ] as const)
    it(`let what they read be read here when they ${what}`, async () => {
      const agent: SpokenAgent = await listen((said, say) => {
        if (said.type === 'hello') say(HELLO);
        if (said.type !== 'retire') return;
        if (isReal) say(DONE);
        else agent.close();
      });
      await predecessors.greet([path]);
      const { stopped } = predecessors;
      await Promise.all([stopped, predecessors.retire()]);
      assert.equal(predecessors.stopped, undefined);
    });

  it('let a scrape go on where this one cannot start', async () => {
    await listen((said, say) => {
      if (said.type === 'hello') say(HELLO);
    });
    await predecessors.greet([path]);
    const scrape = predecessors.refresh();
    predecessors.fail('no room');
    await scrape;
  });

  it('retire when they go on after they have stood still, and only what they count then is counted', async () => {
    let answerLater = () => {};
    const agent = await listen((said, say) => {
      if (said.type === 'hello') answerLater = () => say(HELLO);
      if (said.type === 'retire') say(...counted(3), DONE);
      if (said.type === 'read')
        say(
          { type: 'counted', table: 0, series: 0, values: [0, 5], isHeld: true, isFinal: false },
          { ...DONE, read: said.read },
        );
    });
    predecessors = predecessorsThat({ helloMs: 100 });
    // It is there, so that word of it is not thrown away.
    assert.deepEqual(await predecessors.greet([path]), []);
    await predecessors.retire();
    // A scrape does not wait for it.
    await predecessors.refresh();
    assert.deepEqual([agent.types, shown()], [['hello'], []]);
    answerLater();
    await eventually('it has retired', () => agent.types.includes('retire'));
    await waitFor('it to be counted', async () => {
      await predecessors.refresh();
      return shown()[0] === 2;
    });
  });

  it('retire also if they speak another version, and need not be understood for that', async () => {
    const agent = await listen((said, say) => {
      if (said.type === 'hello') say({ ...HELLO, version: HANDOVER_VERSION + 1 });
      if (said.type === 'retire')
        say({ type: 'news', of: 7 }, { type: 'series', table: 'x' }, ...counted(3), DONE);
    });
    await predecessors.greet([path]);
    await predecessors.retire();
    await predecessors.refresh();
    assert.deepEqual(agent.types, ['hello', 'retire']);
    assert.deepEqual(shown(), []);
    assert.equal(predecessors.connections, 1);
  });

  it('are greeted again ever more seldom when they say what makes no sense', async () => {
    const agent = await listen((said, say) => {
      if (said.type === 'hello') say(HELLO);
      if (said.type === 'retire') say({ type: 'gone', table: 9, series: 9 });
    });
    const startMs = performance.now();
    await predecessors.greet([path]);
    await predecessors.retire();
    await eventually(
      'it is greeted three times',
      () => agent.types.filter((type) => type === 'hello').length >= 3,
    );
    // Half a second, and then a second.
    assert.ok(performance.now() - startMs >= 1400);
    assert.deepEqual(shown(), []);
  });
});
