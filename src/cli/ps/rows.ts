import * as z from 'zod';
import { displayName, shortId } from '../../api/containers/names.js';
import { containerStatusSchema } from '../../api/containers/schema.js';
import { type SocketStatus, socketStatusSchema } from '../../api/socket-schema.js';
import type { ControlClient } from '../control/control-client.js';
import type { Column } from '../terminal/table.js';
import type { Counted } from './rates.js';

/** The first cells of a line, and the same as JSON. */
export interface Row extends Counted {
  readonly cells: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** A list of `udscope ps`. */
export interface Listing {
  readonly columns: readonly Column[];
  /** @throws CommandError */
  read(client: ControlClient): Promise<Row[]>;
}

const left = (title: string): Column => ({ title, align: 'left' });

/** Every container and process on every socket. */
export const containerListing: Listing = {
  columns: [
    ...['CONTAINER', 'NAME', 'SOCKET'].map(left),
    { ...left('PROTOCOL'), rank: 2 },
    { ...left('SCOPE'), rank: 1 },
  ],
  read: async (client) => {
    const containers = await client.get('/v1/containers', z.array(containerStatusSchema));
    return containers.flatMap(({ sockets, ...container }) =>
      sockets.map((socket) => {
        const { id, attributes } = container;
        const { name, path, scope, protocols, counts } = socket;
        return {
          key: JSON.stringify([id ?? attributes, name, path, scope]),
          counts,
          cells: [
            ...[id === undefined ? '-' : shortId(id), displayName(attributes), name],
            ...[protocolsText(protocols), scope ?? '-'],
          ],
          json: { ...container, socket: name, path, scope, protocols, counts },
        };
      }),
    );
  },
};

/** Every socket that is relayed. */
export const socketListing: Listing = {
  columns: [
    left('SOCKET'),
    { ...left('RECEIVER'), rank: 2 },
    left('LISTEN'),
    left('UPSTREAM'),
    { ...left('PROTOCOL'), rank: 5 },
    { ...left('TYPE'), rank: 4 },
    left('STATE'),
    { ...left('CONTAINER'), rank: 3 },
    { ...left('ORIGIN'), rank: 1 },
  ],
  read: async (client) => {
    const sockets = await client.get('/v1/sockets', z.array(socketStatusSchema));
    return sockets.map((socket) => {
      const { name, receiver, listen, upstream, type, container, origin, counts } = socket;
      return {
        key: JSON.stringify([receiver, listen, name, container]),
        counts,
        cells: [
          ...[name, receiver, listen, upstream, protocolsText(socket.protocols), type, stateOf(socket)],
          ...[container === undefined ? '-' : shortId(container), origin],
        ],
        json: socket,
      };
    });
  },
};

function protocolsText(protocols: readonly string[] = []): string {
  return protocols.length === 0 ? '-' : protocols.join(', ');
}

/** Whether clients reach a socket, in a word. */
function stateOf({ problem, takeover, appearance }: SocketStatus): string {
  if (problem !== undefined) return 'unreachable';
  if (takeover) return appearance === 'shown' ? 'taken over' : 'left to upstream';
  return appearance === 'shown' ? 'listening' : appearance;
}
