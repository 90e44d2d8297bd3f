import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { CallData } from '../../telemetry/call-data.js';
import { containerResources } from './container-resources.js';

/** What all spans and log records of an agent have in common. */
export interface CallOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
}

/**
 * Makes something of each call, and of where it is from. `isPerContainer`: what is of a container is under a resource of its
 * own, and does not say again what that says.
 */
export function withOrigins<Result>(
  calls: readonly CallData[],
  { resource, scope }: CallOrigin,
  isPerContainer: boolean,
  make: (call: CallData, origin: CallOrigin) => Result,
): Result[] {
  if (!isPerContainer) return calls.map((call) => make(call, { resource, scope }));
  const resourceOf = containerResources(resource);
  return calls.map((call) => {
    const { container } = call;
    const attributes = container?.without(call.attributes) ?? call.attributes;
    return make({ ...call, attributes }, { resource: resourceOf(container), scope });
  });
}
