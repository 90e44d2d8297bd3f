import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FlowUsage } from '../../../../api/usage/schema.js';
import { formatCount } from '../model/format.js';
import type { Scope } from '../model/route.js';
import { Card, Choice, Empty, Loading } from '../parts/basics.js';
import {
  byteColumns,
  callColumns,
  containerColumn,
  PERIODS,
  type Period,
  scopeOf,
  socketColumn,
} from '../parts/columns.js';
import { type Column, Table } from '../parts/table.js';
import { type Row, useFlows } from '../parts/use-counted.js';

interface FlowsCardProperties {
  readonly kind: 'container' | 'socket';
  readonly path: string;
  readonly scope: Scope;
  /** There is another card beside it. */
  readonly isHalf: boolean;
}

/** Containers or sockets, the busiest first. */
export function FlowsCard({ kind, path, scope, isHalf }: FlowsCardProperties): JSX.Element {
  const [period, setPeriod] = useState<Period>('start');
  const { rows: all, total, refusal } = useFlows(path);
  const rows = all?.filter(hasClient);
  const title = kind === 'container' ? 'Containers' : 'Sockets';
  const label = `${title}: period`;
  return (
    <Card
      title={title}
      id={`${kind}s`}
      note={noteOf(rows, all, total)}
      tools={<Choice label={label} options={PERIODS} value={period} choose={setPeriod} />}
    >
      {refusal !== undefined && <Empty title={refusal} />}
      {refusal === undefined && rows === undefined && <Loading />}
      {rows?.length === 0 && (
        <Empty title={kind === 'container' ? 'No client has connected yet' : 'Nothing was relayed yet'} />
      )}
      {rows !== undefined && rows.length > 0 && (
        <Table
          caption={title}
          rows={rows}
          sortedBy="traffic"
          columns={columnsOf(kind, period, scope, isHalf)}
        />
      )}
    </Card>
  );
}

/** A socket that nobody has used is of no container. */
function hasClient({ of: { container, counts } }: Row<FlowUsage>): boolean {
  return container === undefined || Object.keys(container).length > 0 || counts.opened > 0;
}

function noteOf(
  rows: readonly unknown[] | undefined,
  all: readonly unknown[] | undefined,
  total: number,
): string | undefined {
  if (rows === undefined || all === undefined) return undefined;
  return all.length < total
    ? `the first ${rows.length} of ${formatCount(total)} by bytes`
    : formatCount(rows.length);
}

function columnsOf(
  kind: FlowsCardProperties['kind'],
  period: Period,
  scope: Scope,
  isHalf: boolean,
): Column<Row<FlowUsage>>[] {
  const scopeFor = ({ container, socket }: FlowUsage): Scope => ({
    ...scope,
    ...scopeOf({ container, socket }),
  });
  const calls = callColumns(period);
  const [rate, errors, p95] = ['rate', 'errors', 'p95'].map(
    (id) => calls.find((column) => column.id === id)!,
  );
  const few = [
    kind === 'container' ? containerColumn(scopeFor) : socketColumn(scopeFor),
    ...byteColumns(period).slice(0, 1),
    rate!,
    errors!,
    p95!,
  ];
  if (isHalf) return few;
  return [
    ...few,
    ...byteColumns(period).slice(1),
    {
      id: 'connections',
      title: 'Conns',
      hint: 'Connections open now',
      isNumber: true,
      isExtra: true,
      cell: ({ of }) => formatCount(of.counts.active),
      order: ({ of }) => of.counts.active,
    },
  ];
}
