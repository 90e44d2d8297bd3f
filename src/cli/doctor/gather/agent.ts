import { statSync } from 'node:fs';
import * as z from 'zod';
import { socketStatusSchema } from '../../../api/socket-schema.js';
import { agentStatusSchema } from '../../../api/status-schema.js';
import { ConfigurationError, loadConfiguration } from '../../../configuration/index.js';
import { descriptorOf } from '../../../http/handle-descriptor.js';
import { SilentMounts } from '../../../linux/silent-mounts.js';
import { peerCredentials } from '../../../linux/socket.js';
import { usedControls } from '../../../service/used-components.js';
import { attempt } from '../../../values/attempt.js';
import { configurationSource } from '../../configuration-files.js';
import { ControlClient } from '../../control/control-client.js';
import { controlSocket } from '../../control/control-socket.js';
import { CommandError } from '../../control/failure.js';
import type { AgentFacts, ConfigurationFacts } from '../facts.js';
import { type Answerer, namedFile } from './named-file.js';
import { isElsewhere } from './process.js';

/** What the user has said of the agent and its configuration. */
export interface Asked {
  readonly config: string[];
  readonly set: string[];
  readonly control?: string;
}

/** No answer, because of what this user may do. */
const FORBIDDEN = ['EACCES', 'EPERM'];
const ABSENT = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

/** How long the agent may take, in ms. */
const ANSWER_MS = 15_000;

/** The warning of a variable that this command does not have. */
export const UNSET = /: the variable \w+ is not set; /;

/** The agent, its configuration, and where it was asked. @throws CommandError for a mistake of the user's own */
export async function agentFacts(asked: Asked, signal: AbortSignal) {
  const named = asked.config.length > 0 ? loaded(asked) : undefined;
  const found = await find(asked, named, signal);
  const { control, agent, answerer } = found;
  return { control, agent, answerer, configuration: named ?? ofAgent(asked, found) };
}

interface Answer {
  readonly agent: AgentFacts;
  readonly answerer: Answerer | undefined;
}

interface Found extends Answer {
  readonly control: string;
}

async function find(
  asked: Asked,
  named: ConfigurationFacts | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const control = controlSocket(asked.control === undefined ? withControlOf(named) : asked);
  const found = { control, ...(await ask(control, signal)) };
  if (found.agent.state !== 'absent' || asked.control !== undefined || named !== undefined) return found;
  // Nobody is where agents are as a rule; the file that one would be started with may say where it is.
  const { control: other } = withControlOf(loaded(asked));
  return other === undefined ? found : { control: other, ...(await ask(other, signal)) };
}

/** An agent with the configuration that was named listens where that says. */
function withControlOf(facts: ConfigurationFacts | undefined): { control?: string } {
  if (process.env['UDSCOPE_CONTROL'] || facts?.state !== 'loaded') return {};
  const [extension] = usedControls(facts.config);
  return extension === undefined ? {} : { control: extension.config.socket };
}

function ofAgent(asked: Asked, { agent, answerer }: Answer): ConfigurationFacts {
  if (agent.state !== 'running') return loaded(asked);
  const { pid, configuration } = agent.status;
  const { files } = configuration;
  if (files.length === 0) return { state: 'none' };
  const where = files.join(', ');
  if (isElsewhere(pid))
    return {
      state: 'unread',
      why: `the agent is in a container, or not seen from here at its pid (${pid}): ${where} may be another file there`,
    };
  const mounts = new SilentMounts();
  const readable = files.flatMap((file) => namedFile(file, answerer, mounts) ?? []);
  if (readable.length === files.length) return loaded({ ...asked, config: readable });
  const who = answerer === undefined ? 'another user' : `user ${answerer.uid}`;
  return {
    state: 'unread',
    why: `the agent is one of ${who}, at whose word only files are read that this one may read, in directories that root alone can change: not ${where}`,
  };
}

function loaded({ config: files, set }: Asked): ConfigurationFacts {
  const source = configurationSource({ config: files, set });
  try {
    const { config, warnings } = loadConfiguration(source);
    const changes = source.files.flatMap((file) => attempt(() => statSync(file).mtimeMs) ?? []);
    const changedMs = changes.length === 0 ? undefined : Math.max(...changes);
    return { state: 'loaded', config, files: source.files, warnings, changedMs };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const unset = error.warnings.filter((warning) => UNSET.test(warning));
    return { state: 'mistaken', files: source.files, mistakes: error.message.split('\n'), unset };
  }
}

async function ask(control: string, signal: AbortSignal): Promise<Answer> {
  if (new SilentMounts().onTheWayTo(control) !== undefined) {
    const why = `the control socket ${control} is on a file system that does not answer`;
    return { agent: { state: 'failing', why }, answerer: undefined };
  }
  let answerer: Answerer | undefined;
  const client = new ControlClient(control, signal, ANSWER_MS, (connection) => {
    const fd = descriptorOf(connection);
    answerer = fd === undefined ? undefined : peerCredentials(fd);
  });
  try {
    const status = await client.get('/v1/status', agentStatusSchema);
    // Of the answer that names files.
    const teller = answerer;
    const sockets = await client.get('/v1/sockets', z.array(socketStatusSchema));
    return { agent: { state: 'running', status, sockets }, answerer: teller };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const isForbidden = FORBIDDEN.includes(code) || ('status' in error && error.status === 403);
    const state = isForbidden ? 'unknown' : ABSENT.includes(code) ? 'absent' : 'failing';
    return { agent: { state, why: error.message }, answerer };
  }
}
