import type { Socket } from 'node:net';
import {
  createMessageConnection,
  type MessageConnection,
  type MessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { Cleanup } from './cleanup.js';

/** vscode-jsonrpc's end of a socket, as language servers and their clients have it. */
export function messageConnection(
  cleanup: Cleanup,
  socket: Socket,
  writer: MessageWriter = new StreamMessageWriter(socket),
): MessageConnection {
  const connection = createMessageConnection(new StreamMessageReader(socket), writer);
  cleanup.defer(() => {
    connection.dispose();
    socket.destroy();
  });
  return connection;
}
