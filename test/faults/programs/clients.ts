/**
 * Clients that carry on planned conversations: `node clients.js SETTINGS`, JSON of ClientSettings, until it has begun all of
 * them or is told to end (SIGTERM). What it tells are lines of JSON.
 */
import { argv, exit } from 'node:process';
import { monotonicMs } from '../../../src/linux/clock.js';
import { EAGAIN, errnoName } from '../../../src/linux/errno.js';
import { unixAddress } from '../../../src/linux/sockaddr.js';
import * as socket from '../../../src/linux/socket.js';
import { countDescriptors } from '../../support/descriptors.js';
import { DatagramClient } from '../conversations/datagram-client.js';
import { nameSocket } from '../conversations/datagrams.js';
import { openSocket } from '../conversations/open.js';
import { type PlanSettings, planOf } from '../conversations/plan.js';
import { Reporter, tell } from '../conversations/reporter.js';
import { Talk } from '../conversations/talk.js';
import { TalkLoop } from '../conversations/talk-loop.js';

export interface ClientSettings extends PlanSettings {
  readonly path: string;
  /** The first conversation's number, and how many there may be. */
  readonly first: number;
  readonly count: number;
  readonly atATime: number;
  /** How many may begin in a second; undefined: as many as can. */
  readonly aSecond?: number;
}

/** Connections made before others may go on. */
const BEGUN_AT_ONCE = 16;

const settings = JSON.parse(argv[2]) as ClientSettings;
const address = unixAddress(settings.path);
const report = new Reporter();
const loop = new TalkLoop(report);
let begun = 0;
let isEnding = false;
process.on('SIGTERM', () => {
  isEnding = true;
});

function begin(nowMs: number): boolean {
  const fd = openSocket(settings.kind);
  if (settings.kind === 'dgram' && planOf(settings, settings.first + begun).client.hasName) nameSocket(fd);
  const result = socket.connect(fd, address);
  if (result < 0) {
    socket.close(fd);
    if (result === -EAGAIN) return false;
    const number = settings.first + begun++;
    const reason = `connect: ${errnoName(-result)}`;
    tell({ cut: { number, fromMs: nowMs, toMs: monotonicMs(), received: 0, reason } });
    return false;
  }
  report.counts.connections++;
  const number = settings.first + begun++;
  if (settings.kind === 'dgram') loop.add(new DatagramClient(fd, settings, report.counts, nowMs, number));
  else loop.add(new Talk(fd, settings, report.counts, nowMs, number));
  return true;
}

tell({ ready: true });
const startMs = monotonicMs();
await loop.run((nowMs) => {
  const isMore = () => !isEnding && begun < settings.count;
  const due = ((nowMs - startMs) / 1000) * (settings.aSecond ?? Number.POSITIVE_INFINITY);
  const mayBegin = () => begun < due && loop.size < settings.atATime;
  for (let i = 0; i < BEGUN_AT_ONCE && isMore() && mayBegin() && begin(nowMs); i++);
  return isMore();
});
tell({ counts: report.counts, isLast: true, descriptors: countDescriptors() });
exit(0);
