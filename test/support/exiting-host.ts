/**
 * A program that starts a relay of its own and ends while that still goes on: as soon as one of its threads loads native
 * code, as slow-loading.ts says.
 *
 *   DIRECTORY=… node --import slow-loading.js exiting-host.js
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startRelay } from '../../src/index.js';

const directory = process.env['DIRECTORY'] ?? '.';

setInterval(() => {
  if (readdirSync(directory).some((name) => name.startsWith('loading-'))) process.exit(0);
}, 1);
await startRelay({
  receiver: {
    threads: 3,
    sockets: [{ name: 'a', listen: join(directory, 'a.sock'), upstream: join(directory, 'up.sock') }],
  },
});
