/** The scripts of threads, below `src/`: each is bundled into one file. */
export const THREADS: readonly string[] = [
  'threads/enter',
  'receivers/uds/relay/thread',
  'receivers/uds/relay/closing-thread',
  'processors/enrich/thread/main',
  'processors/capture/strategy-thread/thread',
  'processors/capture/strategies/trial-thread',
];
