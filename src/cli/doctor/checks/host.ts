import { usedReceivers } from '../../../service/used-components.js';
import type { Facts, ProcessFacts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';

/** As package.json has it in `engines`. */
const NODE_MIN = [20, 19] as const;

/** Numbers of capabilities: capabilities(7), linux/capability.h. */
const CAPABILITIES = {
  CAP_CHOWN: 0n,
  CAP_DAC_READ_SEARCH: 2n,
  CAP_FOWNER: 3n,
  CAP_SETGID: 6n,
  CAP_SETUID: 7n,
  CAP_SYS_PTRACE: 19n,
  CAP_SYS_ADMIN: 21n,
} as const;

export type Capability = keyof typeof CAPABILITIES;

/** Files that an agent needs before any client has connected; and how many leave room for clients. */
const FILES_MIN = 128;
const FILES_PER_CONNECTION = 2;

export function checkNode({ nodeVersion }: Facts): Finding[] {
  const findings = new Findings('node');
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const [majorMin, minorMin] = NODE_MIN;
  if (major < majorMin || (major === majorMin && minor < minorMin))
    findings.problem(`Node.js ${nodeVersion} is too old`, `install ${NODE_MIN.join('.')} or later`);
  return findings.orOk(`Node.js ${nodeVersion}`);
}

export function checkKernel({ kernel }: Facts): Finding[] {
  const findings = new Findings('kernel');
  const { epoll, pidfd, peerPidfd, openat2 } = kernel;
  if (!epoll)
    findings.problem('epoll_create1(2) fails: nothing can be relayed', 'let the seccomp filter pass epoll');
  if (!pidfd)
    findings.warning(
      'there is no pidfd_send_signal(2): a client whose pid has passed to another process may be counted as that one',
      'run Linux 5.1 or later, or let the seccomp filter pass it',
    );
  if (!peerPidfd)
    findings.warning(
      'there is no SO_PEERPIDFD: a client that ends at once may be counted as another process with its pid',
      'run Linux 6.5 or later',
    );
  if (!openat2)
    findings.warning(
      'there is no openat2(2): symbolic links on the way to an upstream are followed wherever they lead',
      'run Linux 5.6 or later, or let the seccomp filter pass it',
    );
  return findings.orOk('it has all that the agent uses');
}

/** undefined: it is not known. */
export function has({ capabilities }: ProcessFacts, capability: Capability): boolean | undefined {
  return capabilities === undefined ? undefined : ((capabilities >> CAPABILITIES[capability]) & 1n) === 1n;
}

export function checkPrivileges({ process, sockets }: Facts): Finding[] {
  const findings = new Findings('privileges');
  const who = process.isAgent ? 'the agent' : 'this user, as whom no agent runs yet,';
  const lacks = (...names: Capability[]) => names.filter((name) => has(process, name) === false);
  if (process.capabilities === undefined) {
    findings.unchecked('/proc does not tell the capabilities of the agent', 'run udscope doctor as root');
    return findings.all;
  }
  const acting = lacks('CAP_SETUID', 'CAP_SETGID');
  const asked = sockets.filter(({ config }) => config?.credentials === 'client');
  const byDefault = sockets.filter(({ config }) => config !== undefined && config.credentials === undefined);
  if (acting.length > 0 && asked.length > 0)
    findings.problem(
      `${who} lacks ${acting.join(' and ')}: ${namesOf(asked)} cannot connect as their clients (credentials: client)`,
      'run the agent as root or with these capabilities, or write credentials: self',
    );
  else if (acting.length > 0 && byDefault.length > 0)
    findings.warning(
      `${who} lacks ${acting.join(' and ')}: upstreams see udscope in the place of every client (${namesOf(byDefault)})`,
      'run the agent as root or with these capabilities; or write credentials: self if that is meant',
    );
  const taking = lacks('CAP_FOWNER', 'CAP_CHOWN');
  const taken = sockets.filter(({ takeover }) => takeover);
  if (taking.length > 0 && taken.length > 0)
    findings.problem(
      `${who} lacks ${taking.join(' and ')}: the paths of ${namesOf(taken)} cannot be taken over`,
      'run the agent as root or with these capabilities, or give listen in the place of takeover',
    );
  const looking = lacks('CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH');
  if (looking.length > 0)
    findings.warning(
      `${who} lacks ${looking.join(' and ')}: some containers and programs of other users stay without a name`,
      'run the agent as root or with these capabilities, as examples/systemd does',
    );
  return findings.orOk(`${process.isAgent ? 'the agent' : 'this user'} may do what the sockets need`);
}

/** The limit on open files against what clients may take. */
export function checkFiles({ process, configuration }: Facts): Finding[] {
  const findings = new Findings('open files');
  const { files } = process;
  if (files === undefined) {
    findings.unchecked("/proc does not tell the agent's limits", 'run udscope doctor as root');
    return findings.all;
  }
  const shares =
    configuration.state === 'loaded'
      ? usedReceivers(configuration.config).map(({ config }) => config.client_limits.connections)
      : [];
  const share = Math.max(0, ...shares);
  const room = Math.floor((files - FILES_MIN) / FILES_PER_CONNECTION);
  const raise = `allow ${FILES_PER_CONNECTION * share + FILES_MIN} files or more (LimitNOFILE=, ulimit -n)`;
  if (files < FILES_MIN)
    findings.problem(`at most ${files} files may be open at once: no agent can start`, 'allow 1024 or more');
  else if (room < share)
    findings.warning(
      `at most ${files} files may be open at once, which is room for ${room} connections of all clients: one client alone may have ${share}`,
      `${raise}, or lower receivers.uds.client_limits.connections`,
    );
  return findings.orOk(`${files} may be open at once, which is room for ${room} connections`);
}

function namesOf(sockets: readonly { readonly name: string }[]): string {
  return sockets.map(({ name }) => name).join(', ');
}
