import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant } from './contestant.js';
import { findProgram, program, Running } from './process.js';

/** One thread like the others; room for the idle case; every other setting is HAProxy's default. */
const configuration = (listenPath: string, upstreamPath: string) => `\
global
    nbthread 1
    maxconn 9500
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen relay
    bind unix@${listenPath}
    server upstream unix@${upstreamPath}
`;

export const haproxy: Contestant = {
  name: 'HAProxy',
  isOneProcess: true,
  missing: () => (findProgram('haproxy') === undefined ? 'haproxy is not installed' : undefined),
  async start({ listenPath, upstreamPath, directory }, { cpu }) {
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, configuration(listenPath, upstreamPath));
    // -db: in the foreground. -q: no start-up messages; an error in the configuration is still one.
    const running = new Running([program('haproxy'), '-db', '-q', '-f', file], cpu, { stdio: 'ignore' });
    return { pid: running.pid, connectPath: listenPath, stop: () => running.stop() };
  },
};
