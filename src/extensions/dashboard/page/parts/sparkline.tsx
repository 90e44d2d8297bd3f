import type { JSX } from 'preact';

const WIDTH = 120;
const HEIGHT = 28;

/** A curve without axes, from the lowest to the highest. What it says stands beside it. */
export function Sparkline({ values }: { readonly values: readonly number[] }): JSX.Element {
  const most = Math.max(...values, Number.MIN_VALUE);
  const points = values.map((value, i) => {
    const x = values.length > 1 ? (i * WIDTH) / (values.length - 1) : 0;
    return `${x.toFixed(1)},${(HEIGHT - 1.5 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {points.length > 1 && <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />}
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  );
}

/** Bars across the whole width. What they say stands beside them. */
export function Bars({ values }: { readonly values: readonly number[] }): JSX.Element {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = WIDTH / values.length;
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, i) => {
        const height = value > 0 ? Math.max(2, (value / most) * (HEIGHT - 4)) : 0;
        return <rect key={i} x={i * step} y={HEIGHT - height} width={step * 0.86} height={height} />;
      })}
    </svg>
  );
}

const BAR = 5;
const GAP = 1;
const BARS_HEIGHT = 20;

/** How many calls took how long, the short ones first. */
export function LatencyShape({
  counts,
  label,
}: {
  readonly counts: readonly number[];
  readonly label: string;
}) {
  const most = Math.max(...counts, Number.MIN_VALUE);
  const width = counts.length * (BAR + GAP) - GAP;
  return (
    <svg class="shape" width={width} height={BARS_HEIGHT} role="img" aria-label={label}>
      {counts.map((count, i) => {
        const height = count > 0 ? Math.max(2, (count / most) * BARS_HEIGHT) : 1;
        return (
          <rect
            key={i}
            class={count > 0 ? 'some' : 'none'}
            x={i * (BAR + GAP)}
            y={BARS_HEIGHT - height}
            width={BAR}
            height={height}
            rx="1"
          />
        );
      })}
    </svg>
  );
}
