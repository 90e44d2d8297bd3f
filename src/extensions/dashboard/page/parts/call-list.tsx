import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { CallEvent, StreamRow } from '../model/event-buffer.js';
import { formatBytes, formatCount, formatMs, formatTime, shown } from '../model/format.js';
import { containerLabel } from '../model/subject.js';
import { Badge } from './basics.js';

/** Calls, the latest first. Each can be opened to show all that is known of it. */
export function CallList({ rows, label }: { readonly rows: readonly StreamRow[]; readonly label: string }) {
  const [opened, setOpened] = useState<number | undefined>();
  return (
    <ol class="calls" aria-label={label}>
      {rows.map((row) => {
        if (!('call' in row)) {
          return (
            <li key={row.id} class="missing">
              {formatCount(row.missing)} events were forgotten before they could be shown
            </li>
          );
        }
        const isOpen = opened === row.id;
        return (
          <li key={row.id}>
            <button
              type="button"
              class="call"
              aria-expanded={isOpen}
              onClick={() => setOpened(isOpen ? undefined : row.id)}
            >
              <CallLine call={row.call} />
            </button>
            {isOpen && <CallDetails call={row.call} />}
          </li>
        );
      })}
    </ol>
  );
}

function CallLine({ call }: { readonly call: CallEvent }): JSX.Element {
  return (
    <>
      <time class="time">{formatTime(call.timeMs)}</time>
      <span class="method">{shown(call.method)}</span>
      <span class="who">
        {containerLabel(call.container)}{' '}
        <span aria-hidden="true">{call.from === 'container' ? '→' : '←'}</span> {shown(call.socket)}
      </span>
      <Outcome call={call} />
      <span class="duration">{formatMs(call.durationMs)}</span>
    </>
  );
}

function Outcome({ call }: { readonly call: CallEvent }): JSX.Element {
  const { errorType, outcome, durationMs } = call;
  if (errorType !== undefined) return <Badge kind="bad">{shown(errorType)}</Badge>;
  if (outcome === 'cancelled') return <Badge kind="plain">cancelled</Badge>;
  if (outcome === 'unknown') return <Badge kind="warn">unknown</Badge>;
  return durationMs === undefined ? <Badge kind="plain">sent</Badge> : <Badge kind="ok">ok</Badge>;
}

function CallDetails({ call }: { readonly call: CallEvent }): JSX.Element {
  const { container, requestBytes, responseBytes, firstByteMs, unknownReason } = call;
  const facts: (readonly [string, string | undefined])[] = [
    ['Protocol', call.system],
    ['Namespace', call.namespace],
    ['Id', call.id],
    ['Status', call.statusCode],
    ['First byte', firstByteMs === undefined ? undefined : formatMs(firstByteMs)],
    ['Request', formatBytes(requestBytes)],
    ['Response', responseBytes === undefined ? undefined : formatBytes(responseBytes)],
    ['Outcome unknown', unknownReason],
    ['Error', call.errorMessage],
    ['Parameters', call.params],
    ['Result', call.result],
    ['Connection', call.connection],
    ...Object.entries(container),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{shown(value)}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
