import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamRow } from '../model/event-buffer.js';
import { formatCount } from '../model/format.js';
import { Card, Empty, Loading } from '../parts/basics.js';
import { CallList } from '../parts/call-list.js';
import { NoCalls } from '../parts/no-calls.js';
import { useEvents } from '../parts/use-events.js';

/** Rows that are kept. */
const ROWS = 300;

/** Calls of the past to begin with. */
const LAST = 50;

/** How long to wait for the next letter, in ms. */
const SETTLE_MS = 300;

interface Filters {
  readonly method: string;
  readonly container: string;
  readonly socket: string;
  readonly protocol: string;
  readonly errors: boolean;
}

const NONE: Filters = { method: '', container: '', socket: '', protocol: '', errors: false };

/** All calls as they happen. */
export function LiveView(): JSX.Element {
  const [filters, setFilters] = useState(NONE);
  const [isPaused, setPaused] = useState(false);
  const settled = useSettled(filters);
  const { rows, calls, waiting, refusal, isOpen } = useEvents(pathOf(settled), isPaused, ROWS);
  const protocols = useProtocols(rows);
  const isFiltered = pathOf(settled) !== pathOf(NONE);
  const tools = (
    <button type="button" class="primary" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
      {isPaused ? `Go on${waiting > 0 ? ` (${formatCount(waiting)} new)` : ''}` : 'Pause'}
    </button>
  );
  return (
    <>
      <h1>Live calls</h1>
      <Card title="Calls as they happen" id="live" note={noteOf(isOpen, isPaused, calls)} tools={tools}>
        <FilterBar
          filters={filters}
          protocols={protocols}
          change={(part) => setFilters({ ...filters, ...part })}
        />
        {refusal !== undefined && <Empty title={refusal} />}
        {refusal === undefined && rows.length === 0 && !isOpen && <Loading rows={6} />}
        {isOpen && rows.length === 0 && isFiltered && (
          <Empty title="No call matches so far">
            <button type="button" onClick={() => setFilters(NONE)}>
              Show all
            </button>
          </Empty>
        )}
        {isOpen && rows.length === 0 && !isFiltered && <NoCalls />}
        {rows.length > 0 && <CallList rows={rows} label="Calls, the latest first" />}
      </Card>
    </>
  );
}

function noteOf(isOpen: boolean, isPaused: boolean, calls: number): string {
  if (!isOpen) return 'connecting…';
  return `${formatCount(calls)} shown since this was opened, the latest ${ROWS} are kept${isPaused ? '; paused' : ''}`;
}

function FilterBar(properties: {
  readonly filters: Filters;
  readonly protocols: readonly string[];
  readonly change: (part: Partial<Filters>) => void;
}): JSX.Element {
  const { filters, protocols, change } = properties;
  const texts = [
    ['method', 'Method', 'eth_* or GET /containers/*'],
    ['container', 'Container', 'name, id or program'],
    ['socket', 'Socket', 'name'],
  ] as const;
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {texts.map(([name, label, hint]) => (
        <label key={name}>
          {label}
          <input
            type="search"
            name={name}
            placeholder={hint}
            value={filters[name]}
            onInput={({ currentTarget }) => change({ [name]: currentTarget.value })}
          />
        </label>
      ))}
      <label>
        Protocol
        <select
          value={filters.protocol}
          onChange={({ currentTarget }) => change({ protocol: currentTarget.value })}
        >
          <option value="">all</option>
          {protocols.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filters.errors}
          onChange={({ currentTarget }) => change({ errors: currentTarget.checked })}
        />
        Errors only
      </label>
    </form>
  );
}

/** The protocols of calls that were seen so far. */
function useProtocols(rows: readonly StreamRow[]): string[] {
  const seen = useRef(new Set<string>());
  for (const row of rows) if ('call' in row) seen.current.add(row.call.system);
  return [...seen.current].sort();
}

/** A value that has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function pathOf({ method, container, socket, protocol, errors }: Filters): string {
  const query = new URLSearchParams({ type: 'call', last: String(LAST) });
  const parts = { method, container: container.trim(), socket: socket.trim(), protocol };
  for (const [name, value] of Object.entries(parts)) if (value !== '') query.set(name, value);
  if (errors) query.set('errors', 'true');
  return `/v1/events?${query}`;
}
