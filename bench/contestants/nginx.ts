import { existsSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import type { Contestant } from './contestant.js';
import { findProgram, program, Running } from './process.js';

/** Where Debian and Ubuntu put the module. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** One worker; room for the idle case; no log; every other setting is nginx's default. */
const configuration = (listenPath: string, upstreamPath: string, directory: string) => `\
load_module ${STREAM_MODULE};
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr crit;
${getuid?.() === 0 ? `user ${userInfo().username};` : ''}
worker_rlimit_nofile 20000;
events { worker_connections 19900; }
stream {
    server {
        listen unix:${listenPath};
        proxy_pass unix:${upstreamPath};
        proxy_timeout 1h;
    }
}
`;

export const nginx: Contestant = {
  name: 'nginx stream',
  isOneProcess: true,
  missing() {
    if (findProgram('nginx') === undefined) return 'nginx is not installed';
    return existsSync(STREAM_MODULE) ? undefined : `there is no ${STREAM_MODULE} (libnginx-mod-stream)`;
  },
  async start({ listenPath, upstreamPath, directory }, { cpu }) {
    const file = join(directory, 'nginx.conf');
    writeFileSync(file, configuration(listenPath, upstreamPath, directory));
    // -e: nginx opens its log before it reads where the log should be.
    const command = [program('nginx'), '-e', 'stderr', '-p', directory, '-c', file];
    const running = new Running(command, cpu, { stdio: ['ignore', 'ignore', 'inherit'] });
    return { pid: running.pid, connectPath: listenPath, stop: () => running.stop() };
  },
};
