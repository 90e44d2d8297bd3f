import type { FlowUsage } from '../../../../api/usage/schema.js';
import { shown } from './format.js';
import type { Edge, MapNode } from './map-layout.js';
import { routeHash, type Scope } from './route.js';
import { containerChoice, containerKey, containerLabel } from './subject.js';

export type NodeKind = 'container' | 'socket' | 'server';

export const KINDS: readonly NodeKind[] = ['container', 'socket', 'server'];

export interface ServiceNode extends MapNode {
  readonly kind: NodeKind;
  readonly label: string;
  /** A second line. */
  readonly detail: string;
  /** Where it leads; undefined: it stands for several. */
  readonly href: string | undefined;
  readonly bytes: number;
  readonly calls: number;
  readonly errors: number;
}

export interface ServiceEdge extends Edge {
  readonly calls: number;
  readonly errors: number;
}

export interface ServiceMap {
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly ServiceEdge[];
}

interface Sum {
  bytes: number;
  calls: number;
  errors: number;
}

interface Part {
  readonly key: string;
  readonly label: string;
  readonly detail: string;
  readonly href: string | undefined;
}

/**
 * Containers, the sockets that they use, and the servers behind these: `limit` of each by bytes, the rest summed.
 *
 * @param flows of a container on a socket
 * @param sockets what all containers have on each socket, where not all flows are known; none where they are
 */
export function serviceMap(
  flows: readonly FlowUsage[],
  sockets: readonly FlowUsage[],
  limit: number,
): ServiceMap {
  const all = [...flows, ...unknownFlows(flows, sockets)].filter(isUsed);
  const kept = KINDS.map((kind) => firstOf(all, kind, limit));
  const nodes = new Map<string, ServiceNode & Sum>();
  const edges = new Map<string, ServiceEdge & Sum & { weight: number }>();
  for (const flow of all) {
    const sum = sumOf(flow);
    const parts = KINDS.map((kind, column) => {
      const part = partOf(flow, kind);
      return kept[column]!.has(part.key) ? part : othersOf(kind);
    });
    parts.forEach((part, column) => {
      const node = nodes.get(part.key) ?? { ...part, kind: KINDS[column]!, column, weight: 0, ...ZERO };
      nodes.set(part.key, { ...node, ...added(node, sum), weight: node.weight + sum.bytes });
    });
    for (const [from, to] of [
      [parts[0]!, parts[1]!],
      [parts[1]!, parts[2]!],
    ] as const) {
      const key = `${from.key}\n${to.key}`;
      const edge = edges.get(key) ?? { from: from.key, to: to.key, weight: 0, ...ZERO };
      edges.set(key, { ...edge, ...added(edge, sum), weight: edge.weight + sum.bytes });
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** A socket that nobody has used is of no container. */
function isUsed({ counts, container }: FlowUsage): boolean {
  return container === undefined || Object.keys(container).length > 0 || counts.opened > 0;
}

const ZERO: Sum = { bytes: 0, calls: 0, errors: 0 };

function added(a: Sum, b: Sum): Sum {
  return { bytes: a.bytes + b.bytes, calls: a.calls + b.calls, errors: a.errors + b.errors };
}

function sumOf({ counts, calls }: FlowUsage): Sum {
  return { bytes: counts.sendBytes + counts.recvBytes, calls: calls.calls, errors: calls.errors };
}

/** What each socket has more than its flows that are known. */
function unknownFlows(flows: readonly FlowUsage[], sockets: readonly FlowUsage[]): FlowUsage[] {
  const known = new Map<string, Sum>();
  for (const flow of flows) {
    const { key } = socketPart(flow);
    known.set(key, added(known.get(key) ?? ZERO, sumOf(flow)));
  }
  return sockets.flatMap((socket) => {
    const [all, part] = [sumOf(socket), known.get(socketPart(socket).key) ?? ZERO];
    const bytes = all.bytes - part.bytes;
    if (bytes <= 0) return [];
    const calls = {
      ...socket.calls,
      calls: Math.max(0, all.calls - part.calls),
      errors: Math.max(0, all.errors - part.errors),
    };
    const { container: _, ...rest } = socket;
    return [{ ...rest, counts: { ...socket.counts, sendBytes: bytes, recvBytes: 0 }, calls }];
  });
}

/** The keys of the parts of a kind that have most bytes. */
function firstOf(flows: readonly FlowUsage[], kind: NodeKind, limit: number): ReadonlySet<string> {
  const bytes = new Map<string, number>();
  for (const flow of flows) {
    const { key } = partOf(flow, kind);
    if (key === othersOf(kind).key) continue;
    bytes.set(key, (bytes.get(key) ?? 0) + sumOf(flow).bytes);
  }
  const sorted = [...bytes].sort(([, a], [, b]) => b - a);
  return new Set(sorted.slice(0, limit).map(([key]) => key));
}

function partOf(flow: FlowUsage, kind: NodeKind): Part {
  if (kind === 'container') return containerPart(flow);
  return kind === 'socket' ? socketPart(flow) : serverPart(flow);
}

function containerPart({ container }: FlowUsage): Part {
  if (container === undefined) return othersOf('container');
  const choice = containerChoice(container);
  const isHost = container['container.id'] === undefined;
  return {
    key: `container ${containerKey(container)}`,
    label: containerLabel(container),
    detail: isHost ? 'host process' : 'container',
    href: choice === undefined ? undefined : routeHash('overview', { container: choice }),
  };
}

function socketPart({ socket, path, protocols = [] }: FlowUsage): Part {
  if (socket === undefined) return othersOf('socket');
  const scope: Scope = { socket };
  return {
    key: `socket ${JSON.stringify([socket, path])}`,
    label: shown(socket),
    detail: protocols.length === 0 ? 'socket' : protocols.join(', '),
    href: routeHash('overview', scope),
  };
}

function serverPart({ path, scope = 'host' }: FlowUsage): Part {
  if (path === undefined) return othersOf('server');
  return {
    key: `server ${JSON.stringify([path, scope])}`,
    label: shown(path),
    detail: scope,
    href: undefined,
  };
}

function othersOf(kind: NodeKind): Part {
  return { key: `others ${kind}`, label: `other ${kind}s`, detail: 'summed', href: undefined };
}
