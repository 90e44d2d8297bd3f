import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeMultiStream, encode } from '@msgpack/msgpack';
import { CallRecord, UNTIMED } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { findTool, requireTool } from '../support/requirements.js';

const CALLS = 30;
/** Neovim's numbers for what is wrong: an exception, and an argument that is none. */
const EXCEPTION = 0;
const VALIDATION = 1;

describe('Neovim and its clients, over MessagePack-RPC', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  requireTool('nvim', 'apt-get install neovim');

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`are told as the client knows it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent.upstream);
      const client = await Client.connect(cleanup, agent.listen);
      await client.call('nvim_get_api_info');
      for (let i = 0; i < CALLS; i++) await client.call('nvim_eval', `${i} + 1`);
      await Promise.all(
        Array.from({ length: CALLS }, (_, i) => client.call('nvim_set_var', 'x', 'y'.repeat(99 * i))),
      );
      assert.deepEqual(await client.call('nvim_command', 'NoSuchCommand'), [EXCEPTION]);
      assert.deepEqual(await client.call('nvim_get_option', 'no such'), [VALIDATION]);
      // What Neovim calls on its own side of the connection.
      await client.call('nvim_command', "call rpcrequest(1, 'ask', 'x')");
      await client.call('nvim_command', "call rpcnotify(1, 'hear', 1, 2)");
      await client.call('nvim_command', "try | call rpcrequest(1, 'refuse') | catch | endtry");
      client.notify('nvim_command', 'let g:noted = 1');
      await client.call('nvim_get_var', 'noted');
      client.end();
      await agent.assertTrue({ client: client.record });
    });
  }

  it('are told where both are Neovim', async () => {
    const agent = await new TellingAgent(cleanup).start({});
    await serve(agent.upstream);
    const args = ['--headless', '--clean', '--server', agent.listen, '--remote-expr', '40 + 2'];
    const client = await startProcess({ command: findTool('nvim') ?? 'nvim', args });
    assert.equal((await client.exited).code, 0, client.describe());
    assert.match(client.output, /42/);
    const record = new CallRecord();
    record.answered('nvim_eval', UNTIMED);
    await agent.assertTrue({ client: record });
  });

  async function serve(path: string): Promise<void> {
    const server = await startProcess({
      command: findTool('nvim') ?? 'nvim',
      args: ['--headless', '--clean', '--listen', path],
    });
    cleanup.defer(() => server.kill());
    await waitFor('Neovim to listen', () => isListening(path), { process: server });
  }
});

/** Calls, and is called. */
class Client {
  readonly record = new CallRecord();
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (error: unknown) => void>();
  #nextId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    void this.#hear();
  }

  static async connect(cleanup: Cleanup, path: string): Promise<Client> {
    const socket = connect(path);
    cleanup.defer(() => void socket.destroy());
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** The number of the error that it was answered with, if it was. */
  async call(method: string, ...params: unknown[]): Promise<number[]> {
    const id = this.#nextId++;
    const startMs = performance.now();
    const answered = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    this.#say([0, id, method, params]);
    const error = await answered;
    const codes = error === null ? [] : [(error as [number, string])[0]];
    this.record.answered(method, (performance.now() - startMs) / 1000, codes[0]);
    return codes;
  }

  notify(method: string, ...params: unknown[]): void {
    this.record.notified(method);
    this.#say([2, method, params]);
  }

  end(): void {
    this.#socket.end();
  }

  #say(message: unknown[]): void {
    this.#socket.write(encode(message));
  }

  async #hear(): Promise<void> {
    for await (const message of decodeMultiStream(this.#socket)) {
      const [type, second, third] = message as [number, unknown, unknown];
      if (type === 1) this.#waiting.get(second as number)?.(third);
      else if (type === 2) this.record.notified(second as string);
      else this.#answer(second as number, third as string);
    }
  }

  #answer(id: number, method: string): void {
    const isRefused = method === 'refuse';
    this.record.answered(method, UNTIMED, isRefused ? '_OTHER' : undefined);
    this.#say([1, id, isRefused ? 'no' : null, isRefused ? null : 'yes']);
  }
}
