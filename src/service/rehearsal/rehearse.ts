import type { Configuration } from '../../configuration/index.js';
import type { ContainerIdentity, ProcessIdentity } from '../../identity/identity.js';
import { monotonicMs } from '../../linux/clock.js';
import { countedAs, type UdsSocketConfig } from '../../receivers/uds/index.js';
import { capturePlan } from '../capture-plan.js';
import { locateStartError } from '../start-error.js';
import { Audience, type Told } from './audience.js';
import { capture, type Kept, type Step } from './stage.js';

/** A connection to be played. */
export interface Play {
  /** Of a client of this socket, by its name. */
  readonly socket: string;
  /** Attributes of the container that connects, or of the program; undefined: nobody knows. */
  readonly client: Readonly<Record<string, string>> | undefined;
  readonly steps: readonly Step[];
}

/** What an agent would show of it. */
export interface Rehearsed extends Told {
  readonly kept: Kept;
}

const NOTHING: Rehearsed = { kept: { send: [], recv: [] }, events: [], spans: [], series: [] };

/** A server that is in no container. */
const ON_HOST: ProcessIdentity = { container: undefined, executable: undefined };

/** The names of all sockets that clients may connect to. */
export function socketNames({ receivers }: Configuration): string[] {
  return [...receivers.values()].flatMap(({ config }) => config.sockets.map(({ name }) => name));
}

/**
 * What an agent with this configuration would capture of a connection, and show of it. It does so without an agent, a socket or a
 * thread: the strategies, framers and decoders are the agent's own, and find their settings as it does.
 *
 * @throws StartError when the module of a strategy cannot be used
 */
export async function rehearse(configuration: Configuration, play: Play): Promise<Rehearsed> {
  for (const { id, config } of configuration.receivers.values()) {
    const socket = config.sockets.find(({ name }) => name === play.socket);
    if (socket === undefined) continue;
    const plan = capturePlan(configuration, id);
    const settings = plan?.capture(socket);
    if (plan === undefined || settings === undefined) return NOTHING;
    try {
      const startMs = monotonicMs() - durationOf(play.steps);
      const captured = await capture(play.steps, settings, { operationBytes: config.buffer_size, startMs });
      const { maxSeries, flow } = labelled(configuration, socket, play);
      const audience = new Audience({ socket, capture: settings, enrich: plan.enrich, flow, maxSeries });
      return { kept: captured.kept, ...audience.hear(captured.memory) };
    } catch (error) {
      throw locateStartError(error, configuration);
    }
  }
  throw new Error(`there is no socket ${play.socket}`);
}

function labelled({ service }: Configuration, socket: UdsSocketConfig, { client }: Play) {
  const { attributes: selected, max_series: maxSeries } = service.telemetry.metrics;
  const ends = { client: identityOf(client), snapshot: undefined, server: ON_HOST, isOverflow: false };
  const { attributes, owner, container } = countedAs({ socket, attributes: selected }, ends);
  return { maxSeries, flow: { attributes, client: owner, container, clientWord: undefined } };
}

function identityOf(client: Play['client']): ProcessIdentity | undefined {
  if (client === undefined) return undefined;
  const { 'container.id': id, 'process.executable.name': executable, ...attributes } = client;
  if (id === undefined) return { container: undefined, executable };
  const container: ContainerIdentity = { id, namespace: undefined, attributes, livenessPath: undefined };
  return { container, executable };
}

/** What happens ends now: calls that wait for long are given up. */
function durationOf(steps: readonly Step[]): number {
  return steps.reduce((ms, step) => ms + (step.kind === 'pause' ? step.ms : 0), 0);
}
