import assert from 'node:assert/strict';
import { AgentInMemory } from '../../extensions/control/agent-in-memory.js';
import { startControl } from '../../extensions/control/fixture.js';
import { type Cleanup, useCleanup } from '../../support/cleanup.js';
import { type RealProcess, startProcess } from '../../support/process.js';
import { COMMAND, startCommand } from '../../support/udscope.js';

/** An agent, and commands that find it. */
export class Commanded {
  readonly agent = new AgentInMemory();
  readonly #cleanup: Cleanup;
  #socket = '';

  /** The control socket of the agent. */
  get socket(): string {
    return this.#socket;
  }

  constructor(cleanup: Cleanup) {
    this.#cleanup = cleanup;
  }

  async start(): Promise<void> {
    this.#socket = (await startControl(this.#cleanup, undefined, { agent: this.agent })).socket;
  }

  async startCommand(...args: string[]): Promise<RealProcess> {
    const command = await startCommand({ args, env: { UDSCOPE_CONTROL: this.#socket } });
    this.#cleanup.defer(() => command.kill());
    return command;
  }

  /** A command of the shell that another one reads. */
  async startPipe(args: string, reader: string): Promise<RealProcess> {
    const shell = await startProcess({
      command: 'sh',
      args: ['-c', `"$0" "$1" ${args} | ${reader}`, process.execPath, COMMAND],
      env: { UDSCOPE_CONTROL: this.#socket },
    });
    this.#cleanup.defer(() => shell.kill());
    return shell;
  }

  async run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const command = await this.startCommand(...args);
    const { code } = await command.exited;
    return { code, output: command.output };
  }

  async outputOf(...args: string[]): Promise<string> {
    const { code, output } = await this.run(...args);
    assert.equal(code, 0, output);
    return output;
  }

  /** It says why in one line that cannot do a terminal any harm. */
  async assertFails(args: readonly string[], message: RegExp): Promise<void> {
    const { code, output } = await this.run(...args);
    assert.equal(code, 1, output);
    assert.match(output, message);
    assert.equal(output.trimEnd().split('\n').length, 1, output);
    assert.doesNotMatch(output.trimEnd(), /[\p{Cc}\p{Cf}]/u);
  }
}

/** Another agent for each test of the suite it is called in. */
export function useCommands(): { readonly cleanup: Cleanup; readonly current: () => Commanded } {
  const cleanup = useCleanup();
  let commanded: Commanded;
  beforeEach(async () => {
    commanded = new Commanded(cleanup);
    await commanded.start();
  });
  return { cleanup, current: () => commanded };
}

/** Where a container sees a socket, and what it is relayed to. */
export function socketOf(path: string, upstream = '/run/x'): string[] {
  return ['--path', path, '--upstream', upstream];
}
