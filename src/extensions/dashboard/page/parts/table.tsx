import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  /** What the title means, where it does not say so. */
  readonly hint?: string;
  readonly isNumber?: true;
  /** Left out on a narrow screen. */
  readonly isExtra?: true;
  readonly cell: (row: T) => ComponentChildren;
  /** What it is sorted by; left out: it is not. */
  readonly order?: (row: T) => number | string;
}

interface Sorting {
  readonly id: string;
  readonly isDescending: boolean;
}

/** A table that sorts by its heads. Its first column is what each row is of. */
export function Table<T extends { readonly key: string }>(properties: {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** The column that it is sorted by at first, the largest first. */
  readonly sortedBy: string;
}): JSX.Element {
  const { caption, columns, rows, sortedBy } = properties;
  const [sorting, setSorting] = useState<Sorting>({ id: sortedBy, isDescending: true });
  const order = columns.find(({ id }) => id === sorting.id)?.order;
  const sorted = order === undefined ? rows : [...rows].sort((a, b) => compare(order(a), order(b), sorting));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached with the keyboard
    <section class="table-frame" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.id} column={column} sorting={sorting} sort={setSorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.key}>
              {columns.map(({ id, cell, ...column }, i) =>
                i === 0 ? (
                  <th key={id} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={id} class={classOf(column)}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Head<T>(properties: {
  readonly column: Column<T>;
  readonly sorting: Sorting;
  readonly sort: (sorting: Sorting) => void;
}): JSX.Element {
  const { column, sorting, sort } = properties;
  const { id, title, hint, order } = column;
  const isSorted = sorting.id === id;
  const direction = sorting.isDescending ? 'descending' : 'ascending';
  return (
    <th scope="col" class={classOf(column)} aria-sort={isSorted ? direction : undefined} title={hint}>
      {order === undefined ? (
        title
      ) : (
        <button
          type="button"
          class={isSorted ? 'sort sorted' : 'sort'}
          onClick={() =>
            sort({ id, isDescending: isSorted ? !sorting.isDescending : column.isNumber === true })
          }
        >
          {title}
          <span aria-hidden="true">{isSorted ? (sorting.isDescending ? '↓' : '↑') : ''}</span>
        </button>
      )}
    </th>
  );
}

function classOf({ isNumber, isExtra }: Pick<Column<never>, 'isNumber' | 'isExtra'>): string {
  return [isNumber === true ? 'number' : '', isExtra === true ? 'extra' : ''].join(' ').trim();
}

function compare(a: number | string, b: number | string, { isDescending }: Sorting): number {
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return isDescending ? -order : order;
}
