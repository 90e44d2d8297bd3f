/** Sends one call by hand: `node dist/examples/demo/call.js SOCKET METHOD [PARAM…]`. */
import { connect } from 'node:net';
import { readJsonLines, writeJsonLine } from './json-lines.js';

const [path, method, ...params] = process.argv.slice(2);
if (path === undefined || method === undefined) {
  console.error('usage: call.js SOCKET METHOD [PARAM...]');
  process.exit(1);
}

const socket = connect(path, () => writeJsonLine(socket, { jsonrpc: '2.0', id: 1, method, params }));
socket.on('error', (error) => {
  console.error(`cannot call ${path}: ${error.message}`);
  process.exitCode = 1;
});
readJsonLines(socket, (answer) => {
  console.log(JSON.stringify(answer));
  socket.end();
});
