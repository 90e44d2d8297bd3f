import { hostname } from 'node:os';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { SCHEMA_URL } from '../telemetry/scope.js';
import { VERSION } from '../version.js';

/**
 * The resource of this agent. The host's name tells the agents of a cluster apart; everything may be
 * overridden by the configuration or OTEL_RESOURCE_ATTRIBUTES.
 */
export function agentResource(configured: Record<string, string | number | boolean>): Resource {
  return defaultResource().merge(
    resourceFromAttributes(
      {
        'service.name': 'udscope',
        'service.version': VERSION,
        'host.name': hostname(),
        ...configured,
      },
      { schemaUrl: SCHEMA_URL },
    ),
  );
}
