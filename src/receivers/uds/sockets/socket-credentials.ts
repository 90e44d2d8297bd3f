import { geteuid } from 'node:process';
import type { UsedCredentials } from '../relay/messages.js';
import type { RelayedSocket } from './relayed-socket.js';

const ROOT = 0;

/** The relay cannot connect as its clients where it is told to; the message says why. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly code = 'UDSCOPE_CREDENTIALS';

  /** `path`: what the socket listens on. */
  constructor(
    readonly path: string,
    obstacle: string,
  ) {
    super(
      `credentials: client needs CAP_SETUID and CAP_SETGID, and udscope cannot act as others (${obstacle}); ` +
        'run it as root, or write credentials: self, which has the upstream see udscope for every client',
    );
  }
}

/** The credentials that a socket uses. `obstacle`: why the relay cannot connect as its clients, if it cannot. */
export function usedCredentials(
  { credentials }: RelayedSocket,
  obstacle: string | undefined,
): UsedCredentials {
  return credentials ?? (obstacle === undefined ? 'client' : 'self');
}

/** @throws CredentialsError for a socket that is to connect as its clients and cannot. */
export function checkCredentials(socket: RelayedSocket, obstacle: string | undefined): void {
  if (socket.credentials === 'client' && obstacle !== undefined) {
    throw new CredentialsError(socket.listen, obstacle);
  }
}

/** What to log of a socket whose upstream does not see its clients; undefined where it does. */
export function credentialsNotice(
  socket: RelayedSocket,
  obstacle: string | undefined,
): { level: 'info' | 'warn'; text: string } | undefined {
  if (usedCredentials(socket, obstacle) === 'client') return undefined;
  const { name, upstream } = socket;
  const reason = socket.credentials === 'self' ? 'as configured' : obstacle;
  if (geteuid?.() !== ROOT) {
    return { level: 'info', text: `${name}: ${upstream} sees udscope and not its clients (${reason})` };
  }
  return {
    level: 'warn',
    text:
      `${name}: EVERY CLIENT IS ROOT to ${upstream}, which sees udscope and not its clients ` +
      `(credentials: self, ${reason}): whatever it lets root do by SO_PEERCRED, it lets everybody do who may connect`,
  };
}
