import type { JSX } from 'preact';
import { type Buckets, boundText, quantileText, sumOf, totalOf } from '../model/durations.js';
import { formatCount, formatShare } from '../model/format.js';
import { Card, Empty } from '../parts/basics.js';

/** How long the calls of a method took, bucket by bucket. */
export function LatencyCard({
  durations,
  note,
}: {
  readonly durations: readonly Buckets[];
  readonly note: string;
}): JSX.Element {
  const buckets = sumOf(durations);
  const total = buckets === undefined ? 0 : totalOf(buckets);
  const summary =
    buckets === undefined
      ? note
      : `p50 ${quantileText(buckets, 0.5)}, p95 ${quantileText(buckets, 0.95)}, p99 ${quantileText(buckets, 0.99)}; ${note}`;
  return (
    <Card title="How long calls take" id="latency" note={summary}>
      {buckets === undefined || total === 0 ? (
        <Empty title="No duration is known">
          Calls are counted; how long they took is known where answers are captured, too.
        </Empty>
      ) : (
        <Histogram buckets={buckets} total={total} />
      )}
    </Card>
  );
}

function Histogram({ buckets, total }: { readonly buckets: Buckets; readonly total: number }): JSX.Element {
  const { boundariesMs, counts } = buckets;
  const most = Math.max(...counts);
  return (
    <table class="histogram">
      <thead class="hidden">
        <tr>
          <th scope="col">Up to</th>
          <th scope="col">Calls</th>
        </tr>
      </thead>
      <tbody>
        {counts.map((count, i) => (
          <tr key={i}>
            <th scope="row">
              {boundariesMs[i] === undefined ? 'longer' : `≤ ${boundText(boundariesMs[i])}`}
            </th>
            <td>
              <svg class="bucket" height="14" aria-hidden="true">
                <rect width={`${most > 0 ? (100 * count) / most : 0}%`} height="14" rx="3" />
              </svg>
            </td>
            <td class="number">{formatCount(Math.round(count))}</td>
            <td class="number note">{formatShare(count, total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
