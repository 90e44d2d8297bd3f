import { check } from '../../src/linux/errno.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { bind, close, listen, openStream } from '../../src/linux/socket.js';
import type { Contestant } from './contestant.js';
import { findProgram, program, Running } from './process.js';

const BACKLOG = 1024;
const NAME = 'systemd-socket-proxyd';

/** Relays with splice(2). It takes its listening socket by socket activation: descriptor 3, said in LISTEN_PID. */
export const systemdSocketProxyd: Contestant = {
  name: NAME,
  isOneProcess: true,
  missing: () => (findProgram(NAME) === undefined ? `${NAME} is not installed` : undefined),
  async start({ listenPath, upstreamPath }, { cpu }) {
    const fd = check('socket', openStream());
    check('bind', bind(fd, unixAddress(listenPath)));
    check('listen', listen(fd, BACKLOG));
    // The shell knows the process id that the proxy will have.
    const script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --connections-max=9500 "$1"';
    const running = new Running(['/bin/sh', '-c', script, program(NAME), upstreamPath], cpu, {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    close(fd);
    return { pid: running.pid, connectPath: listenPath, stop: () => running.stop() };
  },
};
