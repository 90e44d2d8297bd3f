import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../support/cleanup.js';
import { EchoClient, EchoServer } from '../support/udscope.js';
import type { Fault } from './programs/failing-strategy.js';

const MODULE = fileURLToPath(new URL('./programs/failing-strategy.js', import.meta.url));
const CAPTURE = 'capture/failing';
const BYTES = 1000;

/** A relay socket whose strategy of capture fails when it is asked to. That costs it its capture, and nobody a byte. */
export class FailingSocket {
  readonly #listen: string;
  readonly #upstream: string;
  #options: { fault?: Fault; number?: number } = {};
  #faults = 0;

  constructor(directory: string) {
    this.#listen = join(directory, 'relay', 'failing', 'failing.sock');
    this.#upstream = join(directory, 'failing.up');
  }

  async start(cleanup: Cleanup): Promise<void> {
    const server = await EchoServer.listen(this.#upstream);
    cleanup.defer(() => server.close());
  }

  /** Of the receiver. */
  get socket(): object {
    return {
      name: 'failing',
      listen: this.#listen,
      upstream: this.#upstream,
      container: { id: 'failing' },
      capture: CAPTURE,
    };
  }

  get processors(): Readonly<Record<string, object>> {
    return { [CAPTURE]: { strategy: 'module', module: MODULE, options: this.#options } };
  }

  /** The next configuration has a strategy that fails so: another one, which is not given up yet. */
  prepare(fault: Fault): void {
    this.#options = { fault, number: ++this.#faults };
  }

  /** Has it fail. @throws Error if that costs the client who did it a byte */
  async provoke(): Promise<void> {
    const client = await EchoClient.connect(this.#listen);
    try {
      await client.roundTrip(BYTES);
      await client.roundTrip(BYTES);
    } finally {
      client.destroy();
    }
  }
}
