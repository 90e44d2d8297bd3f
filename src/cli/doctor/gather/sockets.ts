import type { SocketStatus } from '../../../api/socket-schema.js';
import { typeRefusal } from '../../../layout/upstream-type.js';
import { SilentMounts } from '../../../linux/silent-mounts.js';
import type { UdsSocketConfig } from '../../../receivers/uds/index.js';
import { usedReceivers } from '../../../service/used-components.js';
import type { AgentFacts, ConfigurationFacts, SocketFacts } from '../facts.js';
import { exposureAt, reachOf } from './reach.js';

type Named = Pick<SocketFacts, 'name' | 'listen' | 'upstream' | 'takeover'>;

/** The sockets of the agent, or those that the configuration has where none runs. */
export function socketFacts(agent: AgentFacts, configuration: ConfigurationFacts): SocketFacts[] {
  const mounts = new SilentMounts();
  const configs =
    configuration.state === 'loaded'
      ? usedReceivers(configuration.config).flatMap(({ config }) => config.sockets)
      : [];
  if (agent.state !== 'running') return configs.map((config) => look(config, undefined, config, mounts));
  return agent.sockets.map((status) => {
    const config = configs.find(({ listen }) => listen === status.listen);
    return look(status, status, config, mounts);
  });
}

function look(
  { name, listen, upstream, takeover }: Named,
  status: SocketStatus | undefined,
  config: UdsSocketConfig | undefined,
  mounts: SilentMounts,
): SocketFacts {
  // The relay itself is at the path of an upstream that it has taken over.
  const isOurs = takeover && status !== undefined;
  const reach = isOurs ? undefined : reachOf(upstream, mounts);
  const isThere = reach === 'listening' && config !== undefined;
  return {
    ...{ name, listen, upstream, takeover, status, config, reach },
    typeRefusal: isThere ? typeRefusal(upstream, config.type) : undefined,
    exposure: takeover ? undefined : exposureAt(listen, mounts),
  };
}
