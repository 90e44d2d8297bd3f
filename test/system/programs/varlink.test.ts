import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { CallRecord } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { findTool, requireTool } from '../support/requirements.js';

const USERDBD = '/usr/lib/systemd/systemd-userdbd';
const INTERFACE = 'io.systemd.UserDatabase';
const NONE = `${INTERFACE}.NoRecordFound`;

/** What systemd answers, as far as the tests look at it. */
interface Reply {
  readonly error?: string;
  readonly continues?: boolean;
}

describe("systemd's user database, over Varlink", () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  requireTool('systemd-socket-activate', 'apt-get install systemd');

  before('needs systemd-userdbd', function () {
    if (existsSync(USERDBD)) return;
    if (process.env['CI']) throw new Error(`${USERDBD} is missing (apt-get install systemd-userdbd)`);
    this.skip();
  });

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`is told as its client knows it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent.upstream);
      const client = await Client.connect(cleanup, agent.listen);
      const users = ['root', 'nobody-knows-this-one', 'daemon', 'root'];
      for (const userName of users) await client.call('GetUserRecord', { userName });
      await client.call('GetGroupRecord', { groupName: 'nobody-knows-this-one' });
      // One call, with a reply for each user there is.
      assert.ok((await client.call('GetUserRecord', {}, { more: true })) > 5);
      await client.call('GetUserRecord', { uid: 0 });
      client.end();
      assert.deepEqual(client.record.answers, {
        [`${INTERFACE}.GetUserRecord`]: 5,
        [`${INTERFACE}.GetUserRecord ${NONE}`]: 1,
        [`${INTERFACE}.GetGroupRecord ${NONE}`]: 1,
      });
      await agent.assertTrue({ client: client.record });
    });
  }

  async function serve(path: string): Promise<void> {
    const server = await startProcess({
      command: findTool('systemd-socket-activate') ?? 'systemd-socket-activate',
      args: ['-l', path, '--fdname=varlink', USERDBD],
    });
    cleanup.defer(() => server.kill());
    await waitFor('systemd-userdbd to listen', () => isListening(path), { process: server });
  }
});

/** Calls one method after the other. */
class Client {
  readonly record = new CallRecord();
  readonly #write: (text: string) => void;
  readonly end: () => void;
  readonly #replies: Reply[] = [];
  #text = '';
  #heard: () => void = () => {};

  private constructor(socket: ReturnType<typeof connect>) {
    this.#write = (text) => void socket.write(text);
    this.end = () => void socket.end().resume();
    socket.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#text + text).split('\0');
      this.#text = parts.pop() ?? '';
      this.#replies.push(...parts.map((part) => JSON.parse(part) as Reply));
      this.#heard();
    });
  }

  static async connect(cleanup: Cleanup, path: string): Promise<Client> {
    const socket = connect(path);
    cleanup.defer(() => void socket.destroy());
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** How many replies there were. */
  async call(method: string, parameters: object, members: object = {}): Promise<number> {
    const startMs = performance.now();
    const name = `${INTERFACE}.${method}`;
    const service = 'io.systemd.Multiplexer';
    this.#write(`${JSON.stringify({ method: name, parameters: { ...parameters, service }, ...members })}\0`);
    for (let replies = 1; ; replies++) {
      const reply = await this.#next();
      if (reply.continues === true) continue;
      this.record.answered(name, (performance.now() - startMs) / 1000, reply.error);
      return replies;
    }
  }

  async #next(): Promise<Reply> {
    while (this.#replies.length === 0) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return this.#replies.shift()!;
  }
}
