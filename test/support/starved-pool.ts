/**
 * Tries to start more relay threads than it has descriptors for, says what came of it, and ends when nothing
 * keeps it running any more.
 *
 *   node starved-pool.js THREADS
 */
import type { SystemCallError } from '../../src/linux/errno.js';
import { RelayPool } from '../../src/receivers/uds/pool/relay-pool.js';
import { poolEvents } from './pool-events.js';

let deaths = 0;
const settings = { threads: Number(process.argv[2]), rows: 1, maxConnections: 16, bufferBytes: 4096 };

try {
  await RelayPool.start(settings, poolEvents({ died: () => deaths++ }));
  console.log(JSON.stringify('started'));
} catch (error) {
  const { code } = error as SystemCallError;
  console.log(JSON.stringify({ code, deaths }));
}
