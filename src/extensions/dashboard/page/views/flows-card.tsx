import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FlowUsage } from '../../../../api/usage/schema.js';
import { formatCount } from '../model/format.js';
import type { Scope } from '../model/route.js';
import { Card, Choice, Empty, Loading } from '../parts/basics.js';
import { byteColumns, callColumns, containerColumn, PERIODS, type Period, scopeOf, socketColumn } from '../parts/columns.js';
import { type Column, Table } from '../parts/table.js';
import { type Row, useFlows } from '../parts/use-counted.js';

interface FlowsCardProperties {
  readonly kind: 'container' | 'socket';
  readonly path: string;
  readonly scope: Scope;
}

/** Containers or sockets, the busiest first. */
export function FlowsCard({ kind, path, scope }: FlowsCardProperties): JSX.Element {
  const [period, setPeriod] = useState<Period>('start');
  const { rows, total, refusal } = useFlows(path);
  const title = kind === 'container' ? 'Containers' : 'Sockets';
  const label = `${title}: period`;
  return (
    <Card
      title={title}
      id={`${kind}s`}
      note={noteOf(rows?.length, total)}
      tools={<Choice label={label} options={PERIODS} value={period} choose={setPeriod} />}
    >
      {refusal !== undefined && <Empty title={refusal} />}
      {refusal === undefined && rows === undefined && <Loading />}
      {rows?.length === 0 && (
        <Empty title={kind === 'container' ? 'No client has connected yet' : 'Nothing was relayed yet'} />
      )}
      {rows !== undefined && rows.length > 0 && (
        <Table caption={title} rows={rows} sortedBy="traffic" columns={columnsOf(kind, period, scope)} />
      )}
    </Card>
  );
}

function noteOf(rows: number | undefined, total: number): string | undefined {
  if (rows === undefined) return undefined;
  return rows < total ? `the first ${rows} of ${formatCount(total)} by bytes` : formatCount(total);
}

function columnsOf(kind: FlowsCardProperties['kind'], period: Period, scope: Scope): Column<Row<FlowUsage>>[] {
  const scopeFor = ({ container, socket }: FlowUsage): Scope => ({ ...scope, ...scopeOf({ container, socket }) });
  const calls = callColumns(period);
  const [rate, errors, p95] = ['rate', 'errors', 'p95'].map((id) => calls.find((column) => column.id === id)!);
  return [
    kind === 'container' ? containerColumn(scopeFor) : socketColumn(scopeFor),
    ...byteColumns(period).slice(0, 1),
    rate!,
    errors!,
    p95!,
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

