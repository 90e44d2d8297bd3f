/**
 * `fake-agent UID CONTROL [LISTEN]`: answers as an agent does, with a socket of its own beside the control socket, or with
 * LISTEN. It was started by root and is that user when it listens.
 */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { dirname, join } from 'node:path';

const [uid = '', control = '', listen = join(dirname(control), 'c1', '0.sock')] = process.argv.slice(2);

process.setgroups?.([]);
process.setegid?.(Number(uid));
process.seteuid?.(Number(uid));
const own = join(dirname(control), 'c1', '0.sock');
mkdirSync(dirname(own), { mode: 0o755 });
createSocketServer().listen(own);

const server = createServer((request, response) => {
  const sockets = [{ path: '/tmp/upstream.sock', upstream: '/run/service/upstream.sock', listen }];
  request.resume().once('end', () => response.end(JSON.stringify({ id: 'c1', sockets, refused: [] })));
});
server.listen(control, () => process.stdout.write('{}\n'));
