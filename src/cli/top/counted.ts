import { displayName, shortId } from '../../api/containers/names.js';
import type { Durations, FlowUsage, MethodUsage } from '../../api/usage/schema.js';

/** What a line is of, as far as all of it is the same. */
export interface Scope {
  readonly container?: ContainerScope;
  readonly socket?: string;
  readonly protocol?: string;
  readonly method?: string;
}

export interface ContainerScope {
  /** Tells it from others. */
  readonly key: string;
  /** As it is shown. */
  readonly label: string;
  /** What the agent chooses it by; undefined: it has no name. */
  readonly choice: string | undefined;
}

/** What the agent has counted of a line so far. */
export interface Counted {
  /** Tells lines apart. */
  readonly key: string;
  readonly scope: Scope;
  /** The end that calls. */
  readonly from?: 'container' | 'upstream';
  readonly counts: Counts;
  readonly durations: Durations | undefined;
  /** What it is of, as the agent says it. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Counts {
  readonly calls: number;
  readonly errors: number;
  readonly unknown: number;
  readonly cancelled: number;
  readonly sendBytes: number;
  readonly recvBytes: number;
}

export function countedFlow({ counts, calls, durations, ...json }: FlowUsage): Counted {
  const { container, socket, path } = json;
  const scope = { ...containerIn(container), ...(socket === undefined ? {} : { socket }) };
  const { sendBytes, recvBytes, active } = counts;
  return {
    key: JSON.stringify([scope.container?.key, socket, path]),
    scope,
    counts: { ...calls, sendBytes, recvBytes },
    durations,
    json: { ...json, connections: active },
  };
}

export function countedMethod({ counts, durations, ...json }: MethodUsage): Counted {
  const { container, socket, path, protocol, namespace, method, from } = json;
  const scope = {
    ...containerIn(container),
    ...(socket === undefined ? {} : { socket }),
    ...(protocol === undefined ? {} : { protocol }),
    method,
  };
  const key = JSON.stringify([scope.container?.key, socket, path, protocol, namespace, method, from]);
  return { key, scope, from, counts, durations, json };
}

function containerIn(attributes: Readonly<Record<string, string>> | undefined): Pick<Scope, 'container'> {
  if (attributes === undefined) return {};
  const { 'container.id': id, 'container.namespace': namespace } = attributes;
  const name = displayName(attributes);
  const choice = id ?? attributes['container.name'] ?? attributes['process.executable.name'];
  return {
    container: {
      key: JSON.stringify(id === undefined ? Object.entries(attributes).sort() : [id, namespace]),
      label: name === '-' && id !== undefined ? shortId(id) : name,
      choice,
    },
  };
}
