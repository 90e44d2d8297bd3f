import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MethodUsage } from '../../../../api/usage/schema.js';
import { formatCount } from '../model/format.js';
import type { Scope } from '../model/route.js';
import { containerLabel } from '../model/subject.js';
import { Card, Choice, Empty, Loading } from '../parts/basics.js';
import {
  callColumns,
  containerColumn,
  methodColumn,
  PERIODS,
  type Period,
  scopeOf,
  socketColumn,
} from '../parts/columns.js';
import { NoCalls } from '../parts/no-calls.js';
import { type Column, Table } from '../parts/table.js';
import { type Row, useMethods } from '../parts/use-counted.js';

/** Methods that are called, sorted and filtered. */
export function MethodsCard({ path, scope }: { readonly path: string; readonly scope: Scope }): JSX.Element {
  const [period, setPeriod] = useState<Period>('start');
  const [filter, setFilter] = useState('');
  const { rows, total, refusal } = useMethods(path);
  const matching = rows?.filter(({ of }) => matches(of, filter));
  const tools = (
    <>
      <label class="filter">
        <span class="hidden">Filter methods</span>
        <input
          type="search"
          placeholder="Filter methods"
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
      </label>
      <Choice label="Methods: period" options={PERIODS} value={period} choose={setPeriod} />
    </>
  );
  return (
    <Card title="Methods" id="methods" note={noteOf(rows?.length, total)} tools={tools}>
      {refusal !== undefined && <Empty title={refusal} />}
      {refusal === undefined && matching === undefined && <Loading rows={6} />}
      {rows?.length === 0 && <NoCalls />}
      {rows !== undefined && rows.length > 0 && matching?.length === 0 && (
        <Empty title="No method matches the filter">
          <button type="button" onClick={() => setFilter('')}>
            Show all
          </button>
        </Empty>
      )}
      {matching !== undefined && matching.length > 0 && (
        <Table caption="Methods" rows={matching} sortedBy="calls" columns={columnsOf(period, scope)} />
      )}
    </Card>
  );
}

function noteOf(rows: number | undefined, total: number): string | undefined {
  if (rows === undefined) return undefined;
  return rows < total ? `the ${rows} most called of ${formatCount(total)}` : formatCount(total);
}

function matches({ container, socket, protocol, method }: MethodUsage, filter: string): boolean {
  const text = [method, protocol, socket, containerLabel(container)].join('\n').toLowerCase();
  return text.includes(filter.trim().toLowerCase());
}

function columnsOf(period: Period, scope: Scope): Column<Row<MethodUsage>>[] {
  return [
    methodColumn(),
    ...(scope.container === undefined
      ? [extra(containerColumn<MethodUsage>(({ container }) => scopeOf({ container })))]
      : []),
    ...(scope.socket === undefined
      ? [extra(socketColumn<MethodUsage>(({ socket }) => ({ ...scope, ...scopeOf({ socket }) })))]
      : []),
    ...callColumns(period),
  ];
}

/** On a narrow screen the first column says it. */
function extra<T>(column: Column<T>): Column<T> {
  return { ...column, isExtra: true };
}
