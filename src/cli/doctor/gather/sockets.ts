import type { SocketStatus } from '../../../api/socket-schema.js';
import { typeRefusal } from '../../../layout/upstream-type.js';
import { SilentMounts } from '../../../linux/silent-mounts.js';
import type { UdsSocketConfig } from '../../../receivers/uds/index.js';
import { usedReceivers } from '../../../service/used-components.js';
import type { AgentFacts, ConfigurationFacts, ProcessFacts, SocketFacts } from '../facts.js';
import { exposureAt } from './exposure.js';
import { reachOf } from './reach.js';

type Named = Pick<SocketFacts, 'name' | 'listen' | 'upstream' | 'takeover'>;

/** What is known of a socket before it is looked at. */
interface Known {
  readonly named: Named;
  readonly status: SocketStatus | undefined;
  readonly config: UdsSocketConfig | undefined;
}

/** The sockets of the agent, or those that the configuration has where none runs. */
export function socketFacts(
  agent: AgentFacts,
  configuration: ConfigurationFacts,
  process: ProcessFacts,
): SocketFacts[] {
  const mounts = new SilentMounts();
  return known(agent, configuration).map(({ named, status, config }) => {
    const { name, listen, upstream, takeover } = named;
    const reach = isAnswered(named, status) ? undefined : reachOf(upstream, mounts);
    const isThere = reach === 'listening' && config !== undefined;
    return {
      ...{ name, listen, upstream, takeover, status, config, reach },
      typeRefusal: isThere ? typeRefusal(upstream, config.type) : undefined,
      exposure: takeover ? undefined : exposureAt(listen, process, mounts),
    };
  });
}

function known(agent: AgentFacts, configuration: ConfigurationFacts): Known[] {
  const configs =
    configuration.state === 'loaded'
      ? usedReceivers(configuration.config).flatMap(({ config }) => config.sockets)
      : [];
  if (agent.state !== 'running')
    return configs.map((config) => ({ named: config, status: undefined, config }));
  return agent.sockets.map((status) => {
    const config = configs.find(({ listen }) => listen === status.listen);
    return { named: status, status, config };
  });
}

/** The relay itself stands at a path that is taken over; and what is below /proc is for the agent to say. */
function isAnswered({ takeover, upstream }: Named, status: SocketStatus | undefined): boolean {
  return status !== undefined && (takeover || upstream.startsWith('/proc/'));
}
