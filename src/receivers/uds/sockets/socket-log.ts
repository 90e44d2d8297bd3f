import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { RelayedSocket } from './relayed-socket.js';
import { credentialsNotice } from './socket-credentials.js';
import type { UpstreamPlace } from './upstream-place.js';

/** Logs what happens to a socket under one configuration. */
export class SocketLog {
  readonly #socket: RelayedSocket;
  readonly #logger: Logger;
  /** What was logged of it under this configuration or another, and is not logged again. */
  readonly #said: Set<string>;

  constructor(socket: RelayedSocket, logger: Logger, said: Set<string>) {
    this.#socket = socket;
    this.#logger = logger;
    this.#said = said;
  }

  /** `obstacle`: why the relay cannot connect as its clients, if it cannot. */
  relaying(obstacle: string | undefined, { refusal }: UpstreamPlace, isChanged: boolean): void {
    const { listen, upstream } = this.#socket;
    this.#logger.info(`relaying ${listen} -> ${upstream}${isChanged ? ' (changed)' : ''}`);
    const notice = credentialsNotice(this.#socket, obstacle);
    if (notice !== undefined) this.#logger[notice.level](notice.text);
    if (refusal !== undefined) this.#logger.warn(`no client reaches ${upstream}: ${refusal}`);
    if (isChanged || upstream.startsWith('@') || existsSync(upstream)) return;
    this.#logger.warn(`${upstream} is not there yet`);
  }

  upstream(error: string | undefined): void {
    const { upstream, name } = this.#socket;
    if (error === undefined) this.#logger.info(`upstream ${upstream} of ${name} answers again`);
    else if (error === 'EPROTOTYPE')
      this.#logger.warn(
        `upstream ${upstream} of ${name} is a socket of another type than the relay's (EPROTOTYPE): its clients are closed at once; ` +
          'type: auto follows it',
      );
    else this.#logger.warn(`upstream ${upstream} of ${name} does not answer: ${error}`);
  }

  refused(user: number, reason: string): void {
    const { upstream, name } = this.#socket;
    this.#logger.warn(
      `${name}: a client of user ${user} may not connect to ${upstream} and is refused: ${reason}; ` +
        'with credentials: client it needs write permission on the socket and the way through every folder above it',
    );
  }

  descriptorsDropped(): void {
    const { upstream, name } = this.#socket;
    this.#once(
      'descriptors',
      `${name}: descriptors (SCM_RIGHTS) between clients and ${upstream} were lost, because udscope is out of descriptors (ulimit -n); ` +
        'udscope.relay.dropped_descriptors counts them',
    );
  }

  #once(what: string, warning: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#logger.warn(warning);
  }

  overShare(client: string): void {
    const { name } = this.#socket;
    this.#logger.warn(`${client} has its share of connections: further ones to ${name} are closed at once`);
  }

  captureFailed(error: string): void {
    this.#logger.error(`nothing of ${this.#socket.name} is captured any more: ${error}`);
  }

  fault(error: string): void {
    this.#logger.error(`a connection was lost to a fault of udscope: ${error}`);
  }
}
