/** A client that takes what it can get: `node hostile.js KIND PATH`, until it is killed. */
import { connect, type Socket } from 'node:net';
import { argv, stdout } from 'node:process';

const HELD_CONNECTIONS = 6000;
const LOUD_CONNECTIONS = 16;
const MIB = 2 ** 20;

let number = 0;
const request = (method: string, id: string | number = number++) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params: [] })}\n`;

/** Writes what `next` gives for as long as it is taken. */
function pour(socket: Socket, next: () => string | Buffer): void {
  const send = () => {
    for (let i = 0; i < 64; i++) if (!socket.write(next())) return;
    setImmediate(send);
  };
  socket.on('drain', send);
  send();
}

function open(path: string): Socket {
  const socket = connect(path);
  socket.on('error', () => socket.destroy());
  return socket;
}

function pourEverywhere(path: string, next: () => string | Buffer, isReading = true): void {
  for (let i = 0; i < LOUD_CONNECTIONS; i++) {
    const socket = open(path);
    if (isReading) socket.resume();
    else socket.pause();
    pour(socket, next);
  }
}

const big = Buffer.alloc(MIB, 'x');
const texts = Buffer.from('{"a":[{"b":"\\""},{}]}'.repeat(3000));
const deep = Buffer.from('['.repeat(65_536));

const KINDS: Readonly<Record<string, (path: string) => void>> = {
  /** Small calls, as many as fit. */
  calls: (path) => pourEverywhere(path, () => request('loud').repeat(16)),
  /** Bytes that are nothing. */
  bytes: (path) => pourEverywhere(path, () => big),
  /** JSON texts without a line feed between them. */
  texts: (path) => pourEverywhere(path, () => texts),
  /** JSON that opens and opens. */
  deep: (path) => pourEverywhere(path, () => deep),
  /** Ever new methods. */
  methods: (path) => pourEverywhere(path, () => request(`method_${number}`)),
  /** Calls that are not answered, with long ids. */
  pending: (path) => pourEverywhere(path, () => request('never', `${number++}-${'i'.repeat(200)}`)),
  /** Large answers that it never reads. */
  deaf: (path) => pourEverywhere(path, () => request('big'), false),
  /** Connections that come and go. */
  connects: (path) => {
    const again = () => {
      const socket = connect(path);
      socket.on('connect', () => socket.destroy());
      socket.on('error', () => {});
      socket.on('close', () => setImmediate(again));
    };
    for (let i = 0; i < 32; i++) again();
  },
  /** As many connections as it gets, each with a call that is not answered. */
  holds: (path) => {
    for (let i = 0; i < HELD_CONNECTIONS; i++) open(path).write(request('never'));
  },
};

const [, , kind, path] = argv;
KINDS[kind](path);
stdout.write('ready\n');
