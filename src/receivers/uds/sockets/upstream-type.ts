import { statSync } from 'node:fs';
import { type SocketType, socketTypeAt } from '../../../linux/socket-type.js';
import { attempt } from '../../../values/attempt.js';
import type { RelayedSocket } from './relayed-socket.js';

/** What an upstream is taken for until it is there. */
const UNTIL_KNOWN = 'stream';

/**
 * The type that a relayed socket is to have: as configured, or that of its upstream as it was known last. It is asked for
 * only if something tells that it may be another.
 */
export class UpstreamType {
  /** What it is as far as is known. */
  #current: SocketType;
  readonly #upstream: string;
  readonly #isFixed: boolean;
  #isKnown = false;
  /** The file that was asked about. */
  #file: string | undefined;

  /** `before`: what it is taken for until it is known. */
  constructor(
    { type, upstream }: Pick<RelayedSocket, 'type' | 'upstream'>,
    before: SocketType = UNTIL_KNOWN,
  ) {
    this.#upstream = upstream;
    this.#isFixed = type !== 'auto';
    this.#current = type === 'auto' ? before : type;
    this.now();
  }

  /** As it was known last. */
  get current(): SocketType {
    return this.#current;
  }

  /** As it is now, as far as is known. */
  now(): SocketType {
    if (this.#isFixed) return this.#current;
    const file = fileAt(this.#upstream);
    if (this.#isKnown && file === this.#file) return this.#current;
    const found = socketTypeAt(this.#upstream);
    this.#file = file;
    this.#isKnown = found !== undefined;
    this.#current = found ?? this.#current;
    return this.#current;
  }

  /** It may be another since it was asked for. */
  doubt(): void {
    this.#isKnown = false;
  }
}

/** What tells one socket at a path from the next; undefined where there is none, and for abstract names. */
function fileAt(path: string): string | undefined {
  if (path.startsWith('@')) return undefined;
  const stats = attempt(() => statSync(path, { bigint: true }));
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}:${stats.ctimeNs}`;
}
