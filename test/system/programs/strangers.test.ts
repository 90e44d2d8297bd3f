import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { findTool, requireTool } from '../support/requirements.js';

/** Programs that speak JSON, but not JSON-RPC: nothing of it is a call, and they are given up once for each conversation. */
describe('programs that speak something like JSON-RPC', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    describe(`with ${kept} captured`, () => {
      describe("QEMU's monitor", () => {
        requireTool('qemu-storage-daemon', 'apt-get install qemu-system-common');

        it('speaks no protocol that is known', async () => {
          const agent = await new TellingAgent(cleanup).start({ capture });
          const chardev = `socket,id=monitor,path=${agent.upstream},server=on,wait=off`;
          const args = ['--chardev', chardev, '--monitor', 'chardev=monitor'];
          await serve('qemu-storage-daemon', args, agent.upstream);
          const client = await Client.connect(cleanup, agent.listen, '\n');
          await client.heard('"QMP"');
          for (const [i, execute] of [
            'qmp_capabilities',
            'query-version',
            'query-qmp-schema',
            'nothing',
          ].entries()) {
            client.say({ execute, id: i });
            await client.heard(`"id": ${i}`);
          }
          await client.end();
          await assertStranger(agent);
        });
      });
    });
  }

  async function serve(command: string, args: readonly string[], path: string): Promise<void> {
    const server = await startProcess({ command: findTool(command) ?? command, args });
    cleanup.defer(() => server.kill());
    await waitFor(`${command} to listen`, () => isListening(path), { process: server });
  }

  async function assertStranger(agent: TellingAgent): Promise<void> {
    await agent.until(
      'it to be given up',
      async () => 'undecodable unknown_protocol' in (await agent.doubts()),
    );
    await agent.until('the connection to end', async () => (await agent.sum('uds_connections')) === 0);
    assert.deepEqual(await agent.calls(), {});
    assert.deepEqual(await agent.doubts(), { 'undecodable unknown_protocol': 1 });
  }
});

/** Says messages that end so, and hears such. */
class Client {
  readonly #socket: Socket;
  readonly #end: string;
  #text = '';

  private constructor(socket: Socket, end: string) {
    this.#socket = socket;
    this.#end = end;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
    });
  }

  static async connect(cleanup: Cleanup, path: string, end: string): Promise<Client> {
    const socket = connect(path);
    cleanup.defer(() => socket.destroy());
    await once(socket, 'connect');
    return new Client(socket, end);
  }

  get messages(): string[] {
    return this.#text.split(this.#end).slice(0, -1);
  }

  say(message: object): void {
    this.#socket.write(`${JSON.stringify(message)}${this.#end}`);
  }

  async heard(text: string): Promise<void> {
    await eventually(`${text} is heard`, () => this.messages.some((message) => message.includes(text)));
  }

  async end(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), 500).unref();
    await closed;
  }
}
