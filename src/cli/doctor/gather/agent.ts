import { statSync } from 'node:fs';
import * as z from 'zod';
import { socketStatusSchema } from '../../../api/socket-schema.js';
import { agentStatusSchema } from '../../../api/status-schema.js';
import { ConfigurationError, loadConfiguration } from '../../../configuration/index.js';
import { usedExtensions } from '../../../service/used-components.js';
import { attempt } from '../../../values/attempt.js';
import { configurationSource } from '../../configuration-files.js';
import { ControlClient } from '../../control/control-client.js';
import { controlSocket } from '../../control/control-socket.js';
import { CommandError } from '../../control/failure.js';
import type { AgentFacts, ConfigurationFacts } from '../facts.js';

/** What the user has said of the agent and its configuration. */
export interface Asked {
  readonly config: string[];
  readonly set: string[];
  readonly control?: string;
}

/** No answer, because of what this user may do. */
const FORBIDDEN = ['EACCES', 'EPERM'];
const ABSENT = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

/** The agent, its configuration, and where it was asked. @throws CommandError for a mistake of the user's own */
export async function agentFacts(asked: Asked, signal: AbortSignal) {
  const named = asked.config.length > 0 ? loaded(asked) : undefined;
  const { control, agent } = await find(asked, named, signal);
  return { control, agent, configuration: named ?? ofAgent(asked, agent) };
}

interface Found {
  readonly control: string;
  readonly agent: AgentFacts;
}

async function find(
  asked: Asked,
  named: ConfigurationFacts | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const control = controlSocket(asked.control === undefined ? withControlOf(named) : asked);
  const found = { control, agent: await ask(control, signal) };
  if (found.agent.state !== 'absent' || asked.control !== undefined || named !== undefined) return found;
  // Nobody is where agents are as a rule; the file that one would be started with may say where it is.
  const { control: other } = withControlOf(loaded(asked));
  return other === undefined ? found : { control: other, agent: await ask(other, signal) };
}

/** An agent with the configuration that was named listens where that says. */
function withControlOf(facts: ConfigurationFacts | undefined): { control?: string } {
  if (process.env['UDSCOPE_CONTROL'] || facts?.state !== 'loaded') return {};
  const [extension] = usedExtensions(facts.config).values();
  return extension === undefined ? {} : { control: extension.config.socket };
}

function ofAgent(asked: Asked, agent: AgentFacts): ConfigurationFacts {
  if (agent.state !== 'running') return loaded(asked);
  const { files } = agent.status.configuration;
  return files.length === 0 ? { state: 'none' } : loaded({ ...asked, config: [...files] });
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
    return { state: 'mistaken', files: source.files, mistakes: error.message.split('\n') };
  }
}

async function ask(control: string, signal: AbortSignal): Promise<AgentFacts> {
  const client = new ControlClient(control, signal);
  try {
    const status = await client.get('/v1/status', agentStatusSchema);
    return {
      state: 'running',
      status,
      sockets: await client.get('/v1/sockets', z.array(socketStatusSchema)),
    };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const isForbidden = FORBIDDEN.includes(code) || ('status' in error && error.status === 403);
    const state = isForbidden ? 'unknown' : ABSENT.includes(code) ? 'absent' : 'failing';
    return { state, why: error.message };
  }
}
