import { availableParallelism, getPriority } from 'node:os';
import type { UdsReceiverSettings } from '../settings.js';
import type { RelayPoolSettings } from './relay-pool.js';

/** Flows that one relay thread can tell apart at a time. 12 MiB, touched as used. */
const ROWS = 65_536;

const US_PER_MS = 1000;

/** What relay threads a receiver of these settings has. `ownNice`: the nice value of this process; `cores`: how many it may use. */
export function poolSettings(
  { config, procRoot = '/proc' }: UdsReceiverSettings,
  ownNice = getPriority(),
  cores = availableParallelism(),
): RelayPoolSettings {
  const threads = config.threads === 'auto' ? autoThreads(cores) : config.threads;
  return {
    threads,
    rows: ROWS,
    maxConnections: config.max_connections,
    bufferBytes: config.buffer_size,
    // With one core, who is waited for would wait for the thread.
    busyPollMs: cores > 1 ? config.busy_poll / US_PER_MS : 0,
    nice: config.nice < Math.min(0, ownNice) ? config.nice : undefined,
    clientShare: {
      connections: config.client_limits.connections,
      parkedBytes: config.client_limits.parked_bytes,
    },
    procRoot,
  };
}

/**
 * Half the cores, up to 4: the host's services and containers need the rest. But two where there are two cores, so that not everybody
 * is on the thread that a loud container keeps busy.
 */
function autoThreads(cores: number): number {
  return Math.min(4, cores, Math.max(2, Math.floor(cores / 2)));
}
