/**
 * A loud end of many connections: it writes as fast as it is read, and reads whatever comes, until it is killed.
 *
 *   node loud.js listen PATH KIND             a service that talks back so
 *   node loud.js connect PATH KIND COUNT      clients of that many connections
 *   node loud.js wait PATH KIND COUNT         the same, as soon as it is told to on its stdin
 *   node loud.js sink PATH                    a service that says nothing
 *
 * KIND: `small` messages in writes of their own, `batches` of many, `large` ones of 64 KiB, `texts` without line feeds, `calm`
 * connections that send one message and wait for a while, or `short` ones that end behind one.
 */
import { connect, createServer, type Socket } from 'node:net';

const KIB = 2 ** 10;
const CALM_MS = 100;

const SMALL = '{"jsonrpc":"2.0","method":"loud","params":[]}\n';

const MESSAGES: Readonly<Record<string, string>> = {
  small: SMALL,
  batches: SMALL.repeat(400),
  large: `{"jsonrpc":"2.0","method":"loud","params":[${'{"a":1},'.repeat(8 * KIB)}0]}\n`,
  texts: `{"jsonrpc":"2.0","method":"loud","params":[${'{"a":1},'.repeat(4000)}0]}`.repeat(8),
};

function flood(socket: Socket, message: Buffer): void {
  let isFull = false;
  const send = () => {
    if (isFull || socket.destroyed) return;
    isFull = !socket.write(message);
    setImmediate(send);
  };
  socket.on('drain', () => {
    isFull = false;
    send();
  });
  send();
}

function talk(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.resume();
  const message = Buffer.from(MESSAGES[kind] ?? SMALL);
  if (kind === 'short') socket.end(message);
  else if (kind === 'calm') setInterval(() => socket.write(message), CALM_MS);
  else flood(socket, message);
}

function open(): void {
  const socket = connect(path);
  socket.on('connect', () => talk(socket));
  if (kind === 'short') socket.on('close', open);
}

const [role, path = '', kind = '', count = '1'] = process.argv.slice(2);
const say = () => console.log(JSON.stringify({ pid: process.pid }));
if (role === 'listen') createServer({ allowHalfOpen: false }, talk).listen(path, say);
else if (role === 'sink') createServer((socket) => socket.on('error', () => {}).resume()).listen(path, say);
else {
  const openAll = () => {
    for (let i = 0; i < Number(count); i++) open();
  };
  if (role === 'wait') process.stdin.once('data', openAll);
  else openAll();
  say();
}
