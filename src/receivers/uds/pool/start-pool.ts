import type { Logger } from 'pino';
import type { RelaySocket } from '../sockets/relay-socket.js';
import type { Relaying } from '../sockets/relaying.js';
import { PoolCounters, type PoolCountersSettings } from './pool-counters.js';
import { RelayPool, type RelayPoolSettings } from './relay-pool.js';

export interface PoolContext extends PoolCountersSettings {
  readonly logger: Logger;
  /** A thread of the pool has ended before its time. */
  died(pool: RelayPool, error: unknown): void;
}

/** What is relayed at the moment. */
export interface Relayed {
  sockets(): Iterable<RelaySocket>;
  /** What goes on under earlier settings. */
  draining(): Iterable<Relaying>;
}

/** Starts relay threads, and says what they have to say of the sockets in words. @throws SystemCallError */
export async function startPool(
  settings: RelayPoolSettings,
  context: PoolContext,
  relayed: Relayed,
): Promise<RelayPool> {
  const { logger } = context;
  const pool: RelayPool = await RelayPool.start(settings, {
    upstream: (listener, error) => logUpstream(logger, relayedAs(relayed, pool, listener), error),
    refused: (listener, user, reason) => logRefused(logger, relayedAs(relayed, pool, listener), user, reason),
    accepting: (paused) => logAccepting(logger, paused),
    overShare: (listener, client) => logOverShare(logger, relayedAs(relayed, pool, listener), client),
    captureFailed: (listener, error) => giveUpCapture(logger, relayed, pool, listener, error),
    strayed: (error) =>
      logger.error(`a strategy's module has failed by itself, and is used as before: ${error}`),
    printed: (text) => logger.debug(`a strategy's module says: ${text.trimEnd()}`),
    fault: (_, error) => logger.error(`a connection was lost to a fault of udscope: ${error}`),
    died: (error) => context.died(pool, error),
  });
  const accounts = new PoolCounters(pool, context);
  void pool.over.then(() => accounts.close());
  return pool;
}

function relayedAs(relayed: Relayed, pool: RelayPool, listener: number): RelaySocket[] {
  return [...relayed.sockets()].filter((socket) => socket.isRelayedBy(pool, listener));
}

function giveUpCapture(
  logger: Logger,
  relayed: Relayed,
  pool: RelayPool,
  listener: number,
  error: string,
): void {
  for (const relaying of relayed.draining()) {
    if (relaying.is(pool, listener)) relaying.giveUpCapture();
  }
  for (const socket of relayedAs(relayed, pool, listener)) {
    if (socket.giveUpCapture())
      logger.error(`nothing of ${socket.config.name} is captured any more: ${error}`);
  }
}

function logUpstream(logger: Logger, sockets: readonly RelaySocket[], error: string | undefined): void {
  for (const { config } of sockets) {
    const { upstream, name } = config;
    if (error === undefined) logger.info(`upstream ${upstream} of ${name} answers again`);
    else logger.warn(`upstream ${upstream} of ${name} does not answer: ${error}`);
  }
}

function logRefused(logger: Logger, sockets: readonly RelaySocket[], user: number, reason: string): void {
  for (const { config } of sockets) {
    const { upstream, name } = config;
    logger.warn(
      `${name}: a client of user ${user} may not connect to ${upstream} and is refused: ${reason}; ` +
        'with credentials: client it needs write permission on the socket and the way through every folder above it',
    );
  }
}

function logOverShare(logger: Logger, sockets: readonly RelaySocket[], client: string): void {
  for (const { config } of sockets) {
    logger.warn(`${client} has its share of connections: further ones to ${config.name} are closed at once`);
  }
}

function logAccepting(logger: Logger, paused: string | undefined): void {
  if (paused === undefined) logger.info('accepting connections again');
  else logger.warn(`not accepting connections for now: ${paused}; clients wait in the backlog`);
}
