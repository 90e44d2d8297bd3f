import { dirname } from 'node:path';
import type { Configuration } from '../../../configuration/index.js';
import { type Layout, misplacements } from '../../../layout/places.js';
import { usedControls, usedReceivers } from '../../../service/used-components.js';
import { quote } from '../../../values/quote.js';
import { areSocketsKnown, type Facts, type MountFacts, type Reach, type SocketFacts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';
import { has } from './host.js';

const UNKNOWN = 'neither an agent nor a configuration tells which sockets there are';

/** Mount points that are named of one container, which can make any number. */
const MAX_STALE = 5;

/** Whether clients reach each service. */
export function checkUpstreams(facts: Facts): Finding[] {
  const { sockets } = facts;
  const findings = new Findings('upstreams');
  if (!areSocketsKnown(facts)) findings.unchecked(UNKNOWN);
  for (const socket of sockets) checkUpstream(socket, findings);
  return findings.orOk(sockets.length === 0 ? 'no socket is relayed' : 'all of them listen');
}

function checkUpstream(socket: SocketFacts, findings: Findings): void {
  const { name, listen, upstream, status, typeRefusal, reach } = socket;
  if (status?.problem !== undefined)
    findings.problem(
      `${name}: clients do not reach the relay socket at ${listen}: ${status.problem}`,
      'remove what is in its place, or give another path',
    );
  if (typeRefusal !== undefined)
    findings.problem(
      `${name}: ${upstream} ${typeRefusal}`,
      'correct type of the socket, then udscope reload',
    );
  if (reach !== undefined) reportReach(socket, reach, findings);
  else if (status !== undefined && status.appearance !== 'shown')
    findings.problem(
      `${name}: the service is down, and clients find what they would find without a relay (${status.appearance})`,
      'start the service',
    );
}

function reportReach({ name, upstream }: SocketFacts, reach: Reach, findings: Findings): void {
  const start = `start the service, or correct upstream of ${name}`;
  if (typeof reach === 'object') {
    findings.problem(
      `${name}: a link on the way to ${upstream} is not followed: ${reach.link}`,
      'give the path of the socket itself, without links',
    );
    return;
  }
  switch (reach) {
    case 'listening':
      break;
    case 'absent':
      findings.problem(`${name}: nothing is at ${upstream}: clients get no answer`, start);
      break;
    case 'refusing':
      findings.problem(`${name}: nobody listens at ${upstream}: clients are refused`, start);
      break;
    case 'no socket':
      findings.problem(`${name}: what is at ${upstream} is no socket`, `correct upstream of ${name}`);
      break;
    case 'silent':
      findings.problem(
        `${name}: ${upstream} is on a file system that does not answer`,
        'see to that mount, or give another path',
      );
      break;
    case 'forbidden':
      findings.unchecked(`${name}: this user may not connect to ${upstream}`, 'run udscope doctor as root');
      break;
    case 'elsewhere':
      findings.unchecked(
        `${name}: the agent sees other files than this process, and ${upstream} may be another there`,
        'run udscope doctor where the agent runs',
      );
      break;
    case 'unknown':
      findings.unchecked(`${name}: the kernel does not tell whether somebody listens at ${upstream}`);
  }
}

/** Whether others could put something in the place of a relay socket, or mount more than one by one directory. */
export function checkDirectories(facts: Facts): Finding[] {
  const { sockets } = facts;
  const findings = new Findings('directories');
  if (!areSocketsKnown(facts)) findings.unchecked(UNKNOWN);
  const mounted = sockets.filter(({ listen, takeover }) => !takeover && !listen.startsWith('@'));
  for (const { name, exposure, unseen } of mounted) {
    if (unseen !== undefined)
      findings.unchecked(
        `${name}: the directory of its relay socket: ${unseen}`,
        'run udscope doctor as the agent',
      );
    if (exposure === undefined) continue;
    findings.problem(
      `${name}: others than root and the agent can replace its relay socket: ${exposure}`,
      'let it listen in a directory of its own, as /run/udscope/sockets/NAME/NAME.sock',
    );
  }
  const shared = new Map<string, string[]>();
  for (const { name, listen, status } of mounted) {
    if (status?.container !== undefined) continue;
    const directory = dirname(listen);
    shared.set(directory, [...(shared.get(directory) ?? []), name]);
  }
  for (const [directory, names] of shared) {
    if (names.length < 2) continue;
    findings.warning(
      `${names.join(', ')} lie in one directory, ${directory}: who mounts it for one of them has them all`,
      'let each listen in a directory of its own',
    );
  }
  return findings.orOk(
    mounted.length === 0
      ? 'no relay socket lies in one'
      : 'each relay socket lies in one of its own that only root and the agent can change',
  );
}

/** Whether a container could command the agent. */
export function checkControl({ configuration, mounts }: Facts): Finding[] {
  const findings = new Findings('control socket');
  if (configuration.state === 'loaded') {
    const { config } = configuration;
    const advice = 'leave the paths at their defaults below /run/udscope';
    // Where the configuration insists on such a place, it is still one.
    const isInsisted = usedControls(config).some((extension) => extension.config.allow_in_socket_directory);
    for (const { path, message } of misplacements(layoutOf(config))) {
      const text = `${quote(path)} ${message}`;
      if (isInsisted) findings.warning(text, advice);
      else findings.problem(text, advice);
    }
  }
  for (const { id, pid, control } of mounts.containers) {
    if (control === undefined) continue;
    findings.problem(
      `${containerName(id, pid)} has the control socket mounted, below ${quote(control)}: its root commands the agent`,
      'mount /run/udscope/sockets/NAME only, never /run or /run/udscope',
    );
  }
  reportUnseen(mounts, findings);
  return findings.orOk('no container has it mounted');
}

function layoutOf(config: Configuration): Layout<undefined> {
  const at = undefined;
  const receivers = usedReceivers(config).map((receiver) => receiver.config);
  const sockets = receivers.flatMap((receiver) => receiver.sockets);
  const controls = usedControls(config).map((extension) => extension.config.socket);
  return {
    controls: controls.map((path) => ({ path, insists: false, at })),
    listens: sockets.map(({ listen: path }) => ({ path, at })),
    upstreams: sockets.map(({ upstream: path }) => ({ path, at })),
    directories:
      controls.length === 0 ? [] : receivers.map(({ containers }) => ({ path: containers.directory, at })),
  };
}

/** Containers that have the file of a relay socket mounted that is not there any more. */
export function checkMounts(facts: Facts): Finding[] {
  const { mounts } = facts;
  const findings = new Findings('mounts');
  if (!areSocketsKnown(facts)) findings.unchecked(UNKNOWN);
  for (const { id, pid, stale } of mounts.containers) {
    if (stale.length === 0) continue;
    // A container names its mount points.
    const named = stale.slice(0, MAX_STALE).map(quote).join(', ');
    const others = stale.length > MAX_STALE ? ` and ${stale.length - MAX_STALE} others` : '';
    findings.problem(
      `${containerName(id, pid)} has a relay socket at ${named}${others} that is not there any more: it is refused`,
      'restart the container; mount the directory of the socket instead of its file, and run udscope supervise',
    );
  }
  reportUnseen(mounts, findings);
  return findings.orOk('no container has a relay socket mounted that is gone');
}

function reportUnseen({ hidden, unseen }: MountFacts, findings: Findings): void {
  if (hidden > 0)
    findings.unchecked(
      `this user may not see the mounts of ${hidden} processes`,
      'run udscope doctor as root',
    );
  for (const reason of unseen) findings.unchecked(reason, 'run udscope doctor as root, on the host');
}

function containerName(id: string | undefined, pid: number): string {
  return id === undefined ? `a container (pid ${pid})` : `container ${id.slice(0, 12)}`;
}

/** What is special about upstreams that take datagrams. */
export function checkDatagrams(facts: Facts): Finding[] {
  const { sockets, process } = facts;
  const findings = new Findings('datagrams');
  if (!areSocketsKnown(facts)) findings.unchecked(UNKNOWN);
  const datagrams = sockets.filter(({ status, config }) => (status?.type ?? config?.type) === 'dgram');
  if (datagrams.length === 0) return findings.orOk('no upstream takes datagrams');
  const names = datagrams.map(({ name }) => name).join(', ');
  const canName = has(process, 'CAP_SYS_ADMIN');
  if (canName === undefined)
    findings.unchecked(
      `${names}: it is not known whether the agent may say who sends`,
      'run udscope doctor as root',
    );
  else if (!canName)
    findings.warning(
      `${names}: without CAP_SYS_ADMIN the upstream sees the relay as the sender of each message`,
      'give the agent that capability if the service looks at the sender (a log, systemd-notify)',
    );
  for (const { name, status } of datagrams) {
    if (status === undefined || status.counts.sendOps === 0 || status.counts.errors === 0) continue;
    findings.warning(
      `${name}: ${status.counts.errors} datagrams or clients failed: what is sent while the upstream is down is lost`,
      'see uds.connection.errors by error.type; keep the service running',
    );
  }
  return findings.orOk(`${names}: its messages have their senders`);
}
