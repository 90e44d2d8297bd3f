import type { JSX } from 'preact';
import type { Durations } from '../../../../api/usage/schema.js';
import { formatCount, shown } from '../model/format.js';
import { routeHash, type Scope, scopeQuery } from '../model/route.js';
import { containerLabel } from '../model/subject.js';
import { useFlows, useMethods } from '../parts/use-counted.js';
import { Figures } from './figures.js';
import { FlowsCard } from './flows-card.js';
import { LastCalls } from './last-calls.js';
import { LatencyCard } from './latency-card.js';
import { MethodsCard } from './methods-card.js';
import { TrafficCard } from './traffic-card.js';

/** Lines of a list; the agent has summed the rest. */
const FEW = 50;
const MANY = 200;

/** All, or a container, a socket, a method: whatever is asked for, with what is in it. */
export function Overview({
  scope,
  isDark,
}: {
  readonly scope: Scope;
  readonly isDark: boolean;
}): JSX.Element {
  const { container, socket, method } = scope;
  const isMethod = method !== undefined;
  return (
    <>
      <Trail scope={scope} />
      <Figures scope={scope} />
      {!isMethod && <TrafficCard scope={scope} isDark={isDark} />}
      {isMethod && <MethodPart scope={scope} />}
      {!isMethod && (
        <div class={container === undefined && socket === undefined ? 'halves' : ''}>
          {container === undefined && <ContainersPart scope={scope} />}
          {socket === undefined && <SocketsPart scope={scope} />}
        </div>
      )}
      {!isMethod && <MethodsPart scope={scope} />}
      {Object.keys(scope).length > 0 && <LastCalls scope={scope} />}
    </>
  );
}

/** Where one is, and the way back. */
function Trail({ scope }: { readonly scope: Scope }): JSX.Element {
  const { container, socket, method } = scope;
  const { rows } = useFlows(
    `/v1/flows?${parameters({ by: 'container', limit: '1' }, { ...scopeOfFlows(scope) })}`,
  );
  const known = container === undefined ? undefined : rows?.find(({ of }) => of.container !== undefined);
  const name = known === undefined ? shown(container ?? '') : containerLabel(known.of.container);
  const steps: { label: string; kind: string; scope: Scope }[] = [];
  if (container !== undefined) steps.push({ label: name, kind: 'Container', scope: { container } });
  if (socket !== undefined) {
    const upTo = { ...(container === undefined ? {} : { container }), socket };
    steps.push({ label: shown(socket), kind: 'Socket', scope: upTo });
  }
  if (method !== undefined) steps.push({ label: shown(method), kind: 'Method', scope });
  const last = steps.at(-1);
  if (last === undefined) return <h1>Overview</h1>;
  return (
    <div class="trail">
      <nav aria-label="Where you are">
        <ol>
          <li>
            <a href={routeHash('overview')}>Overview</a>
          </li>
          {steps.slice(0, -1).map(({ label, scope: to }) => (
            <li key={label}>
              <a href={routeHash('overview', to)}>{label}</a>
            </li>
          ))}
          <li aria-current="page">{last.kind}</li>
        </ol>
      </nav>
      <h1>{last.label}</h1>
    </div>
  );
}

function ContainersPart({ scope }: { readonly scope: Scope }): JSX.Element {
  const path = `/v1/flows?${parameters({ by: 'container', sort: 'bytes', limit: String(FEW) }, scopeOfFlows(scope))}`;
  return <FlowsCard kind="container" path={path} scope={scope} isHalf={scope.socket === undefined} />;
}

function SocketsPart({ scope }: { readonly scope: Scope }): JSX.Element {
  const path = `/v1/flows?${parameters({ by: 'socket', sort: 'bytes', limit: String(FEW) }, scopeOfFlows(scope))}`;
  return <FlowsCard kind="socket" path={path} scope={scope} isHalf={scope.container === undefined} />;
}

function MethodsPart({ scope }: { readonly scope: Scope }): JSX.Element {
  return <MethodsCard path={`/v1/methods?${parameters({ limit: String(MANY) }, scope)}`} scope={scope} />;
}

function MethodPart({ scope }: { readonly scope: Scope }): JSX.Element {
  const { rows } = useMethods(`/v1/methods?${parameters({ limit: String(MANY) }, scope)}`);
  const all = (rows ?? []).filter(({ of }) => of.method === scope.method);
  const durations = all.flatMap(({ durations: each }) => (each === undefined ? [] : [each as Durations]));
  return (
    <LatencyCard
      durations={durations}
      note={all.length === 1 ? 'one caller' : `${formatCount(all.length)} callers`}
    />
  );
}

function scopeOfFlows({ container, socket }: Scope): Scope {
  return { ...(container === undefined ? {} : { container }), ...(socket === undefined ? {} : { socket }) };
}

function parameters(own: Readonly<Record<string, string>>, scope: Scope): string {
  return new URLSearchParams([...Object.entries(own), ...scopeQuery(scope)]).toString();
}
