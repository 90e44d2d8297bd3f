/** Makes and removes a file as fast as it can, until it is killed: `node event-flood.js PATH`. */
import { closeSync, openSync, unlinkSync } from 'node:fs';

const [path] = process.argv.slice(2);

console.log(JSON.stringify('ready'));
for (;;) {
  closeSync(openSync(path, 'w'));
  unlinkSync(path);
}
