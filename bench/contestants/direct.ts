import type { Contestant } from './contestant.js';

/** No relay: what the load generator can do when it talks to itself. */
export const direct: Contestant = {
  name: 'direct',
  isOneProcess: false,
  missing: () => undefined,
  start: async ({ upstreamPath }) => ({ pid: undefined, connectPath: upstreamPath, stop: async () => {} }),
};
