import type { Attributes } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { NAMESPACE_ATTRIBUTE } from '../../identity/namesakes.js';
import type { SeriesContainer } from '../../telemetry/series-container.js';

/**
 * Attributes of the agent that are not true of a container beside it: those of the container and pod that the agent
 * itself runs in. A container of which less is known would be taken for the agent's.
 */
const OF_AGENT_ALONE = /^(?:container|process)\.|^k8s\.(?!cluster\.|node\.)/;

const INSTANCE = 'service.instance.id';

/**
 * Finds the resource of a container's telemetry: what of the agent's own is true of it, and the container's attributes. A
 * container has the same one each time. Without a container it is the agent's.
 */
export function containerResources(agent: Resource): (container: SeriesContainer | undefined) => Resource {
  const known = new Map<string, Resource>();
  const shared = Object.fromEntries(
    Object.entries(agent.attributes).filter(([name]) => !OF_AGENT_ALONE.test(name)),
  );
  const options = agent.schemaUrl === undefined ? {} : { schemaUrl: agent.schemaUrl };
  return (container) => {
    if (container === undefined) return agent;
    const { key, attributes } = container;
    const resource =
      known.get(key) ??
      resourceFromAttributes(
        { ...shared, [INSTANCE]: instanceOf(agent, attributes), ...attributes },
        options,
      );
    known.set(key, resource);
    return resource;
  };
}

/**
 * Tells the container's telemetry from that of others where only `service.*` is looked at: Prometheus makes `job` and
 * `instance` of it, and drops the rest of a resource.
 */
function instanceOf(agent: Resource, attributes: Attributes): string {
  const { 'container.id': id, [NAMESPACE_ATTRIBUTE]: namespace } = attributes;
  const names = id === undefined ? Object.values(attributes) : [namespace, id];
  return [agent.attributes[INSTANCE], ...names].filter((name) => name !== undefined).join('/');
}
