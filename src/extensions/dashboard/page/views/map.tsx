import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatBytes, formatCount, formatShare } from '../model/format.js';
import { type PlacedNode, placeNodes } from '../model/map-layout.js';
import {
  KINDS,
  type ServiceEdge,
  type ServiceMap,
  type ServiceNode,
  serviceMap,
} from '../model/service-map.js';
import { Card, Choice, Empty, Loading } from '../parts/basics.js';
import { NoCalls } from '../parts/no-calls.js';
import type { FlowsAnswer } from '../parts/use-counted.js';
import { usePoll } from '../parts/use-poll.js';

const LIMITS = [
  ['10', 'Top 10'],
  ['30', 'Top 30'],
  ['100', 'Top 100'],
] as const;

type Limit = (typeof LIMITS)[number][0];

/** The most flows that the page asks for. */
const FLOWS = 500;

/** Room for the borders of nodes, in px. */
const EDGE = 1;

const NODE_HEIGHT = 44;
const GAP = 10;
const MAX_NODE_WIDTH = 260;

/** How wide a letter is, at most, in px. */
const LETTER = 7.4;

/** Who speaks to whom: containers, sockets, servers. */
export function MapView(): JSX.Element {
  const [limit, setLimit] = useState<Limit>('10');
  const flows = usePoll<FlowsAnswer>(`/v1/flows?by=flow&sort=bytes&limit=${FLOWS}`);
  const sockets = usePoll<FlowsAnswer>(`/v1/flows?by=socket&sort=bytes&limit=${FLOWS}`);
  const map = useMemo(() => {
    if (flows.answer === undefined || sockets.answer === undefined) return undefined;
    const { flows: known, total } = flows.answer.value;
    // The two answers are of different moments.
    const sums = known.length < total ? sockets.answer.value.flows : [];
    return serviceMap(known, sums, Number(limit));
  }, [flows.answer, sockets.answer, limit]);
  const tools = <Choice label="Nodes" options={LIMITS} value={limit} choose={setLimit} />;
  return (
    <>
      <h1>Service map</h1>
      <Card
        title="Containers, sockets and servers"
        id="map"
        note="by bytes since start; red where more than 5% of the calls fail"
        tools={tools}
      >
        {flows.refusal !== undefined && <Empty title={flows.refusal} />}
        {flows.refusal === undefined && map === undefined && <Loading rows={6} />}
        {map?.nodes.length === 0 && <NoCalls what="Nothing was relayed yet" />}
        {map !== undefined && map.nodes.length > 0 && <Drawing map={map} />}
      </Card>
    </>
  );
}

function Drawing({ map }: { readonly map: ServiceMap }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [near, setNear] = useState<string | undefined>();
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  const nodeWidth = Math.min(MAX_NODE_WIDTH, Math.floor(width * 0.28));
  const { nodes, height } = useMemo(
    () =>
      placeNodes(map.nodes, map.edges, {
        width: width - 2 * EDGE,
        nodeWidth,
        nodeHeight: NODE_HEIGHT,
        gap: GAP,
        columns: KINDS.length,
      }),
    [map, width, nodeWidth],
  );
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const facts = new Map(map.nodes.map((node) => [node.key, node]));
  const widest = Math.max(...map.edges.map(({ weight }) => weight), 1);
  const isNear = (edge: ServiceEdge) => near === undefined || edge.from === near || edge.to === near;
  return (
    <div ref={frame} class="map">
      <div class="map-heads" aria-hidden="true">
        <span>Containers</span>
        <span>Sockets</span>
        <span>Servers</span>
      </div>
      {width > 0 && (
        <svg
          width={width}
          height={height + 2 * EDGE}
          viewBox={`${-EDGE} ${-EDGE} ${width} ${height + 2 * EDGE}`}
          aria-label="Service map"
        >
          <g>
            {map.edges.map((edge) => (
              <path
                key={`${edge.from}\n${edge.to}`}
                class={`edge ${isBad(edge) ? 'bad' : ''} ${isNear(edge) ? '' : 'far'}`}
                d={curve(byKey.get(edge.from)!, byKey.get(edge.to)!, nodeWidth)}
                stroke-width={edgeWidth(edge.weight, widest)}
              />
            ))}
          </g>
          {nodes.map((node) => (
            <Node
              key={node.key}
              at={node}
              node={facts.get(node.key)!}
              width={nodeWidth}
              point={(isIn) => setNear(isIn ? node.key : undefined)}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

function Node(properties: {
  readonly at: PlacedNode;
  readonly node: ServiceNode;
  readonly width: number;
  readonly point: (isIn: boolean) => void;
}): JSX.Element {
  const { at, node, width, point } = properties;
  const { kind, label, detail, href, bytes, calls, errors } = node;
  const letters = Math.max(4, Math.floor((width - 24) / LETTER));
  const title = `${kind} ${label}, ${detail}: ${formatBytes(bytes)}, ${formatCount(calls)} calls, ${formatCount(errors)} errors (${formatShare(errors, calls)})`;
  const body = (
    <>
      <title>{title}</title>
      <rect width={width} height={NODE_HEIGHT} rx="8" />
      <rect class="mark" width="4" height={NODE_HEIGHT - 16} x="8" y="8" rx="2" />
      <text x="20" y="19" class="label">
        {cut(label, letters, kind === 'server')}
      </text>
      <text x="20" y="35" class="detail">
        {cut(`${formatBytes(bytes)} · ${detail}`, letters + 2, false)}
      </text>
    </>
  );
  const handlers = {
    onMouseEnter: () => point(true),
    onMouseLeave: () => point(false),
    onFocus: () => point(true),
    onBlur: () => point(false),
  };
  const place = {
    transform: `translate(${at.x} ${at.y})`,
    class: `node ${kind} ${isBad(node) ? 'bad' : ''}`,
  };
  if (href === undefined) {
    return (
      <g {...place} {...handlers}>
        {body}
      </g>
    );
  }
  return (
    <a {...place} {...handlers} href={href} aria-label={title}>
      {body}
    </a>
  );
}

/** The share of calls that fail from which on it shows. */
const BAD_SHARE = 0.05;

function isBad({ calls, errors }: { readonly calls: number; readonly errors: number }): boolean {
  return errors > BAD_SHARE * calls;
}

/** Of a path, the end says most. */
function cut(text: string, letters: number, keepsEnd: boolean): string {
  if (text.length <= letters) return text;
  return keepsEnd ? `…${text.slice(1 - letters)}` : `${text.slice(0, letters - 1)}…`;
}

function curve(from: PlacedNode, to: PlacedNode, nodeWidth: number): string {
  const [x1, y1, x2, y2] = [from.x + nodeWidth, from.y + NODE_HEIGHT / 2, to.x, to.y + NODE_HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** From 1 to 9 px, by the logarithm: traffic differs by a million times. */
function edgeWidth(weight: number, widest: number): number {
  return 1 + 8 * (Math.log1p(weight) / Math.log1p(widest)) ** 3;
}
