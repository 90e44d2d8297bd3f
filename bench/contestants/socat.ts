import type { Contestant } from './contestant.js';
import { findProgram, program, Running } from './process.js';

/** A process for each connection, with socat's default buffer. */
export const socat: Contestant = {
  name: 'socat',
  isOneProcess: false,
  missing: () => (findProgram('socat') === undefined ? 'socat is not installed' : undefined),
  async start({ listenPath, upstreamPath }, { cpu }) {
    const listen = `UNIX-LISTEN:${listenPath},fork,backlog=1024`;
    const running = new Running([program('socat'), listen, `UNIX-CONNECT:${upstreamPath}`], cpu, {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return { pid: running.pid, connectPath: listenPath, stop: () => running.stop() };
  },
};
