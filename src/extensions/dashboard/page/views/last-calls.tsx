import type { JSX } from 'preact';
import { type Scope, scopeQuery } from '../model/route.js';
import { Card, Empty, Loading } from '../parts/basics.js';
import { CallList } from '../parts/call-list.js';
import { useEvents } from '../parts/use-events.js';

const LAST = 30;

/** The last calls of what is looked at, as they happen. */
export function LastCalls({ scope }: { readonly scope: Scope }): JSX.Element {
  const { rows, refusal, isOpen } = useEvents(
    `/v1/events?type=call&last=${LAST}&${scopeQuery(scope)}`,
    false,
    LAST,
  );
  return (
    <Card title="Last calls" id="last-calls" note={`the latest ${LAST}, as they happen`}>
      {refusal !== undefined && <Empty title={refusal} />}
      {refusal === undefined && rows.length === 0 && !isOpen && <Loading />}
      {isOpen && rows.length === 0 && <Empty title="None of the calls that are remembered is of this" />}
      {rows.length > 0 && <CallList rows={rows} label="Last calls" />}
    </Card>
  );
}
