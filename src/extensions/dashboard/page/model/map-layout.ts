/** A line between two nodes of neighbouring columns. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
}

export interface MapNode {
  readonly key: string;
  readonly column: number;
  readonly weight: number;
}

export interface PlacedNode extends MapNode {
  readonly x: number;
  readonly y: number;
}

export interface Placed {
  readonly nodes: readonly PlacedNode[];
  readonly height: number;
}

/** In px. */
export interface MapMeasures {
  readonly width: number;
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  readonly gap: number;
  readonly columns: number;
}

/** How often nodes are moved beside what they are connected with. */
const ROUNDS = 4;

/** Places nodes in columns so that few lines cross: each is ordered by where its neighbours are, as in layered graphs. */
export function placeNodes(nodes: readonly MapNode[], edges: readonly Edge[], measures: MapMeasures): Placed {
  const { width, nodeWidth, nodeHeight, gap, columns } = measures;
  const inColumns = Array.from({ length: columns }, (_, column) =>
    nodes.filter((node) => node.column === column).sort((a, b) => b.weight - a.weight),
  );
  const neighbours = neighboursIn(edges);
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? [...inColumns.keys()] : [...inColumns.keys()].reverse();
    const ranks = ranksOf(inColumns);
    for (const column of order) sortByNeighbours(inColumns[column]!, neighbours, ranks);
  }
  const tallest = Math.max(1, ...inColumns.map(({ length }) => length));
  const height = tallest * (nodeHeight + gap) - gap;
  const step = columns > 1 ? (width - nodeWidth) / (columns - 1) : 0;
  const placed = inColumns.flatMap((column, index) => {
    const top = (height - (column.length * (nodeHeight + gap) - gap)) / 2;
    return column.map((node, row) => ({ ...node, x: index * step, y: top + row * (nodeHeight + gap) }));
  });
  return { nodes: placed, height };
}

function neighboursIn(edges: readonly Edge[]): Map<string, { key: string; weight: number }[]> {
  const neighbours = new Map<string, { key: string; weight: number }[]>();
  const add = (key: string, other: string, weight: number) => {
    const known = neighbours.get(key) ?? [];
    neighbours.set(key, known);
    known.push({ key: other, weight });
  };
  for (const { from, to, weight } of edges) {
    add(from, to, weight);
    add(to, from, weight);
  }
  return neighbours;
}

/** Where each node stands in its column, from 0 to 1. */
function ranksOf(columns: readonly (readonly MapNode[])[]): Map<string, number> {
  return new Map(
    columns.flatMap((column) => column.map(({ key }, i) => [key, (i + 0.5) / column.length] as const)),
  );
}

function sortByNeighbours(
  column: MapNode[],
  neighbours: ReadonlyMap<string, readonly { key: string; weight: number }[]>,
  ranks: Map<string, number>,
): void {
  const centres = new Map(
    column.map(({ key }) => {
      const near = neighbours.get(key) ?? [];
      const sum = near.reduce((total, each) => total + (ranks.get(each.key) ?? 0.5), 0);
      return [key, near.length === 0 ? (ranks.get(key) ?? 0.5) : sum / near.length];
    }),
  );
  column.sort((a, b) => centres.get(a.key)! - centres.get(b.key)! || b.weight - a.weight);
  for (const [i, { key }] of column.entries()) ranks.set(key, (i + 0.5) / column.length);
}
