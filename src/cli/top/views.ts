import { flowsSchema, methodsSchema } from '../../api/usage/schema.js';
import type { ControlClient } from '../control/control-client.js';
import {
  CONTAINER,
  FIGURES,
  figureOf,
  METHOD,
  PROTOCOL,
  PROTOCOLS,
  SOCKET,
  type TopColumn,
} from './columns.js';
import { type Counted, countedFlow, countedMethod, type Scope } from './counted.js';
import type { Look, Sample } from './sampler.js';
import { type Choice, MAX_LINES, type Order, type ViewName } from './words.js';

/** What is looked at. */
export interface Aim {
  readonly view: ViewName;
  /** What all lines have in common. */
  readonly scope: Scope;
  readonly order: Order;
}

/** The columns of a view, without those of what all lines have in common. */
export function columnsOf({ view, scope }: Pick<Aim, 'view' | 'scope'>): readonly TopColumn[] {
  const container = scope.container === undefined ? [CONTAINER] : [];
  const socket = scope.socket === undefined ? [SOCKET] : [];
  switch (view) {
    case 'containers':
      return [...container, PROTOCOLS, ...FIGURES];
    case 'sockets':
      return [...socket, PROTOCOLS, ...FIGURES];
    case 'methods':
      return [...container, ...socket, PROTOCOL, METHOD, ...FIGURES];
  }
}

/** Asks the agent for the lines of a view. @throws CommandError */
export async function look(client: ControlClient, aim: Aim, choice: Choice): Promise<Look> {
  const { scope } = aim;
  const path = pathOf(aim, choice);
  const { lines, total } =
    aim.view === 'methods' ? await methodsAt(client, path) : await flowsAt(client, path);
  const atMs = performance.now();
  // The agent chooses by names, which several containers may have; and some have none.
  const wanted = lines.filter(
    (line) => scope.container === undefined || line.scope.container?.key === scope.container.key,
  );
  return { lines: wanted, total: total - (lines.length - wanted.length), atMs };
}

interface Lines {
  readonly lines: readonly Counted[];
  readonly total: number;
}

async function methodsAt(client: ControlClient, path: string): Promise<Lines> {
  const { methods, total } = await client.get(path, methodsSchema);
  return { lines: methods.map(countedMethod), total };
}

async function flowsAt(client: ControlClient, path: string): Promise<Lines> {
  const { flows, total } = await client.get(path, flowsSchema);
  return { lines: flows.map(countedFlow), total };
}

/** What is asked for: the lines with the most since the agent has begun to count, where there are more than it gives. */
function pathOf({ view, scope, order }: Aim, choice: Choice): string {
  const query = new URLSearchParams({ sort: order, limit: String(MAX_LINES) });
  const container = scope.container?.choice;
  const wanted = {
    container: container === undefined ? choice.container : [container],
    socket: scope.socket === undefined ? choice.socket : [scope.socket],
    ...(view === 'methods' ? { protocol: choice.protocol, method: choice.method } : {}),
  };
  for (const [name, values] of Object.entries(wanted)) {
    for (const value of values) query.append(name, value);
  }
  if (view === 'methods') return `/v1/methods?${query}`;
  query.append('by', view === 'containers' ? 'container' : scope.container === undefined ? 'socket' : 'flow');
  return `/v1/flows?${query}`;
}

/** The lines in the order that is wanted. Those of which nothing is known come last, all others being equal as the agent has them. */
export function arranged(
  samples: readonly Sample[],
  { order, isReversed }: { readonly order: Order; readonly isReversed: boolean },
): Sample[] {
  const sign = isReversed ? -1 : 1;
  if (order === 'name') {
    const named = samples.map((sample) => ({ sample, name: nameOf(sample) }));
    return named.sort((a, b) => sign * compareText(a.name, b.name)).map(({ sample }) => sample);
  }
  const valued = samples.map((sample) => ({ sample, value: figureOf(sample, order) ?? -1 }));
  return valued
    .sort((a, b) => (a.value < 0 || b.value < 0 ? b.value - a.value : sign * (b.value - a.value)))
    .map(({ sample }) => sample);
}

/** Whether a line has a text in one of its names, in capitals or not. */
export function isNamed(sample: Sample, text: string): boolean {
  return nameOf(sample).toLowerCase().includes(text.toLowerCase());
}

function nameOf({ scope: { container, socket, protocol, method } }: Sample): string {
  return [container?.label, socket, method, protocol].filter((name) => name !== undefined).join(' ');
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
