/**
 * An upstream that carries on planned conversations: `node servers.js SETTINGS`, JSON of ServerSettings, until it is told to
 * end (SIGTERM) and all are over. What it tells are lines of JSON.
 */
import { rmSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { monotonicMs } from '../../../src/linux/clock.js';
import { check, EAGAIN } from '../../../src/linux/errno.js';
import { unixAddress } from '../../../src/linux/sockaddr.js';
import * as socket from '../../../src/linux/socket.js';
import { countDescriptors } from '../../support/descriptors.js';
import { DatagramServer } from '../conversations/datagram-server.js';
import { openSocket } from '../conversations/open.js';
import type { PlanSettings } from '../conversations/plan.js';
import { Reporter, tell } from '../conversations/reporter.js';
import { Talk } from '../conversations/talk.js';
import { TalkLoop } from '../conversations/talk-loop.js';

export interface ServerSettings extends PlanSettings {
  readonly path: string;
}

const BACKLOG = 4096;

const settings = JSON.parse(argv[2]) as ServerSettings;
const report = new Reporter();
const loop = new TalkLoop(report);
let isEnding = false;
process.on('SIGTERM', () => {
  isEnding = true;
});

// What is left of one that was killed.
rmSync(settings.path, { force: true });
const own = openSocket(settings.kind);
check('bind', socket.bind(own, unixAddress(settings.path)));
loop.listen(own);
const serve = settings.kind === 'dgram' ? serveDatagrams() : serveConnections();
tell({ ready: true });
await loop.run(serve);
tell({ counts: report.counts, isLast: true, descriptors: countDescriptors() });
exit(0);

/** What is done at each turn; whether there may be more. */
function serveConnections(): () => boolean {
  // What is accepted has waited since then at the longest: whoever connected may have ended meanwhile.
  let emptyMs = monotonicMs();
  check('listen', socket.listen(own, BACKLOG));
  return () => {
    for (;;) {
      const askedMs = monotonicMs();
      const fd = socket.accept(own);
      if (fd === -EAGAIN) {
        emptyMs = askedMs;
        return !isEnding;
      }
      report.counts.connections++;
      loop.add(new Talk(check('accept4', fd), settings, report.counts, emptyMs));
    }
  };
}

function serveDatagrams(): (nowMs: number) => boolean {
  const server = new DatagramServer(own, settings, report, monotonicMs());
  return (nowMs) => {
    server.turn(nowMs);
    return !isEnding || server.size > 0;
  };
}
