import { displayName } from '../../../api/containers/names.js';
import { printable, printableJson } from '../../../values/printable.js';
import { interfaceBlock, packetBlock } from './blocks.js';
import { portOf } from './ports.js';
import { ACK, type Address, encodeSegment, FIN, MAX_SEGMENT, PSH, SYN } from './segment.js';
import type { StreamEvent } from './stream-event.js';

/** Connections that are known at a time; then the one that began first is forgotten. */
const MAX_CONNECTIONS = 65_536;

/** Interfaces of a file; the last is of all further containers and sockets. */
const MAX_INTERFACES = 4096;
const OTHERS = 'others: see the comment of the first packet of each connection';

/** Clients are in 10.0.0.0/8, servers in 192.168.0.0/16: RFC 1918. The number of an interface tells them apart. */
const CLIENTS = 0x0a000001;
const SERVERS = 0xc0a80001;

/** A value that ends where the next space is. */
const PLAIN_VALUE = /^[\w./:@+-]+$/;

const FIRST_CLIENT_PORT = 1024;
const CLIENT_PORTS = 0xffff - FIRST_CLIENT_PORT;

const NO_BYTES = Buffer.alloc(0);

/** What of a connection is in the file so far. */
interface Connection {
  readonly interface: number;
  readonly client: Address;
  readonly server: Address;
  /** What is said of its first packet. */
  comment: string | undefined;
  /** The next bytes of each side, as sequence numbers. */
  readonly next: { send: number; recv: number };
  /** Events are missing. */
  isTorn: boolean;
}

/** Makes packets of TCP, as blocks of pcapng, of what connections carry. */
export class Packets {
  readonly #connections = new Map<string, Connection>();
  readonly #interfaces = new Map<string, number>();
  #opened = 0;
  #blocks: Buffer[] = [];
  /** Packets so far, and bytes of payload in them. */
  packets = 0;
  payloadBytes = 0;

  get connections(): number {
    return this.#opened;
  }

  /** The blocks of what happened, in order. */
  blocksOf(event: StreamEvent): Buffer {
    this.#blocks = [];
    const known = this.#connections.get(event.connection);
    // That a connection has ended is all that is known of it.
    if (known !== undefined || !event.ends) this.#take(event, known ?? this.#open(event));
    return Buffer.concat(this.#blocks);
  }

  /** Events are missing, of whichever connections. */
  miss(): void {
    for (const connection of this.#connections.values()) connection.isTorn = true;
  }

  #take(event: StreamEvent, connection: Connection): void {
    const { begins, isBehindGap, ends, pieces, timeMs, direction } = event;
    if (begins) this.#shakeHands(connection, timeMs);
    else if (isBehindGap || connection.isTorn) {
      // A byte that is not there: as many are missing as nobody knows.
      connection.next.send++;
      connection.next.recv++;
    }
    connection.isTorn = false;
    for (const { kept, skipped, data } of pieces) {
      const bytes = data === undefined ? NO_BYTES : Buffer.from(data, 'base64').subarray(0, kept);
      this.#carry(connection, { direction, timeMs, bytes, length: kept + skipped });
    }
    if (!ends) return;
    this.#connections.delete(event.connection);
    this.#segment(connection, 'send', { timeMs, flags: FIN | ACK });
    this.#segment(connection, 'recv', { timeMs, flags: FIN | ACK });
    this.#segment(connection, 'send', { timeMs, flags: ACK });
  }

  #open(event: StreamEvent): Connection {
    const { connection: id, protocol } = event;
    if (this.#connections.size >= MAX_CONNECTIONS) {
      const [oldest = ''] = this.#connections.keys();
      this.#connections.delete(oldest);
    }
    const number = this.#interfaceOf(event);
    const connection: Connection = {
      interface: number,
      client: { ip: CLIENTS + number, port: FIRST_CLIENT_PORT + (this.#opened++ % CLIENT_PORTS) },
      server: { ip: SERVERS + number, port: portOf(protocol) },
      comment: `connection ${id}, ${describe(event)}`,
      next: { send: 0, recv: 0 },
      isTorn: false,
    };
    this.#connections.set(id, connection);
    return connection;
  }

  #interfaceOf(event: StreamEvent): number {
    const description = describe(event);
    const known = this.#interfaces.get(description);
    if (known !== undefined) return known;
    if (this.#interfaces.size < MAX_INTERFACES - 1) return this.#addInterface(description, nameOf(event));
    return this.#interfaces.get(OTHERS) ?? this.#addInterface(OTHERS, 'others');
  }

  #addInterface(description: string, name: string): number {
    const number = this.#interfaces.size;
    this.#interfaces.set(description, number);
    this.#blocks.push(interfaceBlock(name, description));
    return number;
  }

  #shakeHands(connection: Connection, timeMs: number): void {
    this.#segment(connection, 'send', { timeMs, flags: SYN });
    this.#segment(connection, 'recv', { timeMs, flags: SYN | ACK });
    this.#segment(connection, 'send', { timeMs, flags: ACK });
  }

  /** Bytes of a direction, of which the first are there. */
  #carry(
    connection: Connection,
    part: { direction: 'send' | 'recv'; timeMs: number; bytes: Buffer; length: number },
  ): void {
    const { direction, timeMs, bytes, length } = part;
    for (let at = 0; at < length; at += MAX_SEGMENT) {
      const payload = bytes.subarray(at, at + MAX_SEGMENT);
      const flags = PSH | ACK;
      this.#segment(connection, direction, {
        timeMs,
        flags,
        payload,
        length: Math.min(length - at, MAX_SEGMENT),
      });
    }
  }

  #segment(
    connection: Connection,
    direction: 'send' | 'recv',
    part: { timeMs: number; flags: number; payload?: Buffer; length?: number },
  ): void {
    const { client, server, next, interface: number, comment } = connection;
    const { timeMs, flags, payload = NO_BYTES, length = 0 } = part;
    const [from, to] = direction === 'send' ? [client, server] : [server, client];
    const [own, other] = direction === 'send' ? [next.send, next.recv] : [next.recv, next.send];
    const acknowledged = (flags & ACK) !== 0 ? other : 0;
    const encoded = encodeSegment({ from, to, sequence: own, acknowledged, flags, payload, length });
    this.#blocks.push(packetBlock({ interface: number, timeMs, comment, ...encoded }));
    connection.comment = undefined;
    // SYN and FIN count as a byte.
    next[direction] = own + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
    this.packets++;
    this.payloadBytes += payload.length;
  }
}

/** `wallet → docker` */
function nameOf({ container, socket }: StreamEvent): string {
  return printable(`${displayName(container)} → ${socket}`);
}

/** All that is known of who speaks with whom. */
function describe({ container, socket, path }: StreamEvent): string {
  const attributes = { ...container, 'uds.socket.name': socket, 'uds.socket.path': path };
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(' ');
}

/** In quotes where it could be taken for more than a value: a program chooses its name itself. */
function valueText(value: string): string {
  return PLAIN_VALUE.test(value) ? value : printableJson(value);
}
