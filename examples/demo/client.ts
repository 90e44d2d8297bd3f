/** A client that calls the demo service now and then, as an application in a container would. */
import { connect, type Socket } from 'node:net';
import { readJsonLines, writeJsonLine } from './json-lines.js';

const PAUSE_MS_MIN = 150;
const PAUSE_MS_MAX = 2500;
const RECONNECT_MS = 500;

/** Roughly the methods a wallet calls; the last one does not exist, so that there are errors to see. */
const CALLS: readonly { method: string; params: unknown[] }[] = [
  { method: 'eth_blockNumber', params: [] },
  { method: 'eth_blockNumber', params: [] },
  { method: 'eth_chainId', params: [] },
  { method: 'eth_getBalance', params: ['0x742d35cc6634c0532925a3b844bc454e4438f44e', 'latest'] },
  { method: 'demo_blob', params: [20_000] },
  { method: 'eth_coinbase', params: [] },
];

/** Calls until it is stopped, and reconnects when the connection ends. */
export class DemoClient {
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #nextId = 1;

  constructor(readonly path: string) {
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.end();
  }

  #connect(): void {
    const socket = connect(this.path, () => this.#callLater());
    this.#socket = socket;
    readJsonLines(socket, () => this.#callLater());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(this.#timer);
      if (!this.#stopped) this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    });
  }

  #callLater(): void {
    if (this.#stopped) return;
    const pauseMs = PAUSE_MS_MIN + Math.random() ** 2 * (PAUSE_MS_MAX - PAUSE_MS_MIN);
    this.#timer = setTimeout(() => this.#call(), pauseMs);
  }

  #call(): void {
    const call = CALLS[Math.floor(Math.random() * CALLS.length)];
    if (this.#socket !== undefined)
      writeJsonLine(this.#socket, { jsonrpc: '2.0', id: this.#nextId++, ...call });
  }
}
