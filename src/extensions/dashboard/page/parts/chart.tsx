import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { stacked } from '../model/curves.js';

export interface ChartLine {
  readonly key: string;
  readonly label: string;
  readonly href?: string | undefined;
  /** In each second, for each interval. */
  readonly rates: readonly number[];
}

/** How values are written, and in which steps an axis may go. */
export interface Scale {
  readonly format: (value: number) => string;
  readonly steps: readonly number[];
}

export interface ChartProperties {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Ends of the intervals, ms since the epoch. */
  readonly endsMs: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly scale: Scale;
  readonly isDark: boolean;
}

const HEIGHT = 260;

/** How opaque an area is, in hexadecimal. */
const FILL = '55';

/** Of a narrow screen, in px. */
const NARROW = 520;

/** Lines on top of each other, with a legend that has what each was at the pointer, or at last. */
export function Chart({ label, endsMs, lines, scale, isDark }: ChartProperties): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [at, setAt] = useState<number | undefined>();
  const keys = lines.map(({ key }) => key);
  const colours = useColours(keys);
  const shape = keys.join('\n');
  const data = useMemo(() => dataOf(endsMs, lines), [endsMs, lines]);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const drawn = new uPlot(optionsOf(element, colours, scale, setAt), data, element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize(sizeOf(element)));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape, scale, isDark]);
  useEffect(() => plot.current?.setData(data), [data]);
  const index = at ?? endsMs.length - 1;
  return (
    <figure class="chart" aria-label={label}>
      <div ref={frame} class="plot" aria-hidden="true" />
      <figcaption>
        <ul class="legend">
          {lines.map(({ key, label: name, href, rates }, i) => (
            <li key={key}>
              <span class={`swatch colour-${colours[i]}`} aria-hidden="true" />
              {href === undefined ? (
                <span class="name">{name}</span>
              ) : (
                <a class="name" href={href}>
                  {name}
                </a>
              )}
              <span class="value">{scale.format(rates[index] ?? 0)}</span>
            </li>
          ))}
        </ul>
        <p class="note">{at === undefined ? 'now' : new Date(endsMs[index] ?? 0).toLocaleTimeString()}</p>
      </figcaption>
    </figure>
  );
}

/** The sum of what has no line of its own. */
export const OTHERS = '_others';

/** Colours of areas that are told apart. */
const COLOURS = 8;

/** The colour of each line, by its name in the style: a line keeps its own as long as it is there. */
function useColours(keys: readonly string[]): readonly string[] {
  const taken = useRef(new Map<string, number>());
  for (const key of taken.current.keys()) if (!keys.includes(key)) taken.current.delete(key);
  return keys.map((key) => {
    if (key === OTHERS) return 'others';
    const used = new Set(taken.current.values());
    const free = Array.from({ length: COLOURS }, (_, i) => i).find((i) => !used.has(i)) ?? 0;
    const colour = taken.current.get(key) ?? free;
    taken.current.set(key, colour);
    return String(colour);
  });
}

/** The topmost line first. */
function dataOf(endsMs: readonly number[], lines: readonly ChartLine[]): uPlot.AlignedData {
  const sums = stacked(lines.map(({ rates }) => rates)).reverse();
  return [endsMs.map((ms) => ms / 1000), ...sums];
}

function optionsOf(
  element: HTMLElement,
  colours: readonly string[],
  { format, steps }: Scale,
  pointed: (index: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const isNarrow = element.clientWidth < NARROW;
  const axis = { stroke: colour('--muted'), font: `12px ${style.fontFamily}`, ticks: { show: false } };
  return {
    ...sizeOf(element),
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false } },
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, space: isNarrow ? 70 : 90, size: 30, values: clockTimes },
      {
        ...axis,
        grid: { stroke: colour('--line'), width: 1 },
        size: isNarrow ? 58 : 76,
        incrs: [...steps],
        values: (_, values) => values.map((value) => format(value).replace(/\.0+(?= |\/)/, '')),
      },
    ],
    series: [
      {},
      ...[...colours].reverse().map((name) => ({
        stroke: colour(`--colour-${name}`),
        fill: `${colour(`--colour-${name}`)}${FILL}`,
        width: 1.5,
        points: { show: false },
      })),
    ],
    // Each area ends where the one below it begins.
    bands: colours.slice(1).map((_, i) => ({ series: [i + 1, i + 2] as [number, number] })),
    hooks: { setCursor: [({ cursor: { idx } }) => pointed(idx ?? undefined)] },
  };
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(200, element.clientWidth), height: HEIGHT };
}

function clockTimes(_: uPlot, splits: number[]): string[] {
  return splits.map((seconds) => {
    const date = new Date(seconds * 1000);
    const [hours, minutes, rest] = [date.getHours(), date.getMinutes(), date.getSeconds()];
    const two = (value: number) => String(value).padStart(2, '0');
    return rest === 0 ? `${two(hours)}:${two(minutes)}` : `${two(hours)}:${two(minutes)}:${two(rest)}`;
  });
}
