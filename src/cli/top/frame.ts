import { type Cell, cell, formatCells, type Style } from '../terminal/cells.js';
import { formatAge, formatBytes, formatCount, formatTime } from '../terminal/units.js';
import { widthOf } from '../terminal/width.js';
import { bytesOf, type TopColumn } from './columns.js';
import { HELP } from './help.js';
import { type Layout, layOut, lineOf, nameText } from './layout.js';
import type { Sample } from './sampler.js';
import { type Level, levelIn, type State, selectedIndex } from './state.js';
import { columnsOf } from './views.js';

/** A call as `udscope tail` shows it. */
export interface CallLine {
  readonly key: string;
  readonly line: string;
}

/** What there is to show. */
export interface Model {
  readonly state: State;
  /** In order, and filtered. */
  readonly samples: readonly Sample[];
  /** Lines that there are without the filter, and those of them that the agent has told of. */
  readonly total: number;
  readonly told: number;
  /** The last calls of a method, the latest first. */
  readonly calls: readonly CallLine[];
  readonly intervalMs: number;
  /** When it was looked at, wall clock; undefined: not yet. */
  readonly timeMs: number | undefined;
  /** Why there is nothing newer. */
  readonly problem: string | undefined;
}

export interface FrameSettings {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** Lines above and below those of the view. */
const LINES_AROUND = 4;

/** How many lines of a view there is room for. */
export function pageOf({ rows }: Pick<FrameSettings, 'rows'>): number {
  return Math.max(1, rows - LINES_AROUND);
}

/** The whole screen, a line of the terminal each, none of them wider than it. */
export function frameOf(model: Model, settings: FrameSettings): string[] {
  const { state } = model;
  const format = (cells: readonly Cell[]) => formatCells(cells, settings);
  const body = state.showsHelp ? HELP.map((line) => format([cell(line)])) : bodyOf(model, settings);
  const page = pageOf(settings) + 1;
  const filled = Array.from({ length: page }, (_, i) => body[i] ?? '');
  const lines = [
    format(summaryCells(model)),
    format(pathCells(model)),
    ...filled,
    format(footerCells(state)),
  ];
  return lines.slice(0, settings.rows);
}

function summaryCells({ samples, total, told, intervalMs, timeMs, state }: Model): Cell[] {
  const sum = (of: (rates: NonNullable<Sample['rates']>) => number) =>
    samples.reduce((all, { rates }) => all + (rates === undefined ? 0 : of(rates)), 0);
  const errors = sum((rates) => rates.errors);
  const view = levelIn(state).view;
  const shown = told < total ? `${told} of ${formatCount(total)}` : formatCount(samples.length);
  return [
    cell('udscope top', 'bold'),
    cell(timeMs === undefined ? '' : formatTime(timeMs).slice(0, 8), 'dim'),
    ...(view === 'calls'
      ? []
      : [
          cell(`${shown} ${total === 1 ? view.slice(0, -1) : view},`),
          cell(`${formatCount(round(sum(({ calls }) => calls)))} calls/s,`),
          cell(`${formatCount(round(errors))} errors/s,`, errors > 0 ? 'red' : 'plain'),
          cell(`${formatBytes(sum(bytesOf))}/s,`),
        ]),
    cell(`every ${everyText(intervalMs)}`, 'dim'),
  ];
}

function everyText(ms: number): string {
  return ms < 60_000 ? `${ms / 1000}s` : formatAge(ms);
}

/** A rate to three digits or so. */
function round(rate: number): number {
  return rate < 100 ? Number(rate.toPrecision(3)) : Math.round(rate);
}

/** Where in the views this one is, and what is special about it. */
function pathCells({ state, problem }: Model): Cell[] {
  const { levels, isPaused } = state;
  const level = levelIn(state);
  const { container, socket, protocol, method } = level.scope;
  const names = [container?.label, socket, protocol, method].filter((name) => name !== undefined);
  const root = levels[0]?.view ?? '';
  const { filter, order, isReversed } = level;
  return [
    ...(problem === undefined ? [] : [cell(nameText(problem), 'red')]),
    ...(isPaused ? [cell('paused', 'yellow')] : []),
    cell([root, ...names.map(nameText)].join(' › ')),
    ...(filter === '' ? [] : [cell(`/${nameText(filter)}`, 'yellow')]),
    ...(level.view === 'calls' ? [] : [cell(`by ${order}${isReversed ? ', reversed' : ''}`, 'dim')]),
  ];
}

function footerCells({ editing }: State): Cell[] {
  return editing === undefined
    ? [cell('Enter in  Esc back  s sort  r reverse  / filter  Space pause  ? help  q quit', 'dim')]
    : [cell(`/${nameText(editing)}`), cell('Enter keeps it, Esc does not', 'dim')];
}

function bodyOf(model: Model, settings: FrameSettings): string[] {
  const level = levelIn(model.state);
  const format = (cells: readonly Cell[]) => formatCells(cells, settings);
  if (level.view === 'calls') return callsOf(model, level, settings);
  const { samples, timeMs } = model;
  if (samples.length === 0) {
    const nothing = level.filter === '' ? 'nothing has been relayed here yet' : 'nothing has such a name';
    return ['', format([cell(timeMs === undefined ? '' : nothing, 'dim')])];
  }
  const columns = columnsOf({ view: level.view, scope: level.scope });
  const window = windowOf(samples, level, settings);
  const layout = layOut(columns, nameWidths(columns, window), settings.columns - MARK_WIDTH);
  return [
    format([cell(NO_MARK + lineOf(layout, (column) => titleOf(column, level)), 'bold')]),
    ...window.map((sample) =>
      sampleLine(layout, sample, { isSelected: isSelected(sample, level, samples), ...settings }),
    ),
  ];
}

/** What stands before the selected line, and before the others. */
const MARK = '›';
const NO_MARK = ' ';
const MARK_WIDTH = 1;

function sampleLine(
  layout: Layout,
  sample: Sample,
  { isSelected, ...settings }: FrameSettings & { isSelected: boolean },
): string {
  const text = (isSelected ? MARK : NO_MARK) + lineOf(layout, ({ text: textOf }) => textOf(sample));
  return formatCells([cell(text, isSelected ? 'inverse' : styleOf(sample))], settings);
}

function styleOf({ rates }: Sample): Style {
  if (rates === undefined || rates.calls + rates.sendBytes + rates.recvBytes === 0) return 'dim';
  return rates.errors > 0 ? 'red' : 'plain';
}

/** The column that lines are ordered by has a mark. */
function titleOf({ title, order, width = title.length + 1 }: TopColumn, level: Level): string {
  if (order !== level.order) return title;
  const mark = level.isReversed ? '▲' : '▼';
  return title.length < width ? `${title}${mark}` : `${title.slice(0, width - 1)}${mark}`;
}

function nameWidths(columns: readonly TopColumn[], samples: readonly Sample[]): number[] {
  return columns.map(({ title, width, text }) =>
    width === undefined
      ? samples.reduce((most, sample) => Math.max(most, widthOf(nameText(text(sample)))), title.length + 1)
      : width,
  );
}

/** The lines that there is room for: the selected one is among them, in the middle where that can be. */
function windowOf<T extends Sample | CallLine>(
  lines: readonly T[],
  level: Level,
  settings: Pick<FrameSettings, 'rows'>,
): readonly T[] {
  const page = pageOf(settings);
  const at = lines.findIndex(({ key }) => key === level.selected);
  const first = Math.max(0, Math.min(at - Math.floor(page / 2), lines.length - page));
  return lines.slice(first, first + page);
}

function isSelected(
  { key }: CallLine | Sample,
  level: Level,
  lines: readonly (CallLine | Sample)[],
): boolean {
  return lines[selectedIndex(level, lines)]?.key === key;
}

function callsOf({ calls, timeMs }: Model, level: Level, settings: FrameSettings): string[] {
  if (calls.length === 0) {
    const text =
      timeMs === undefined ? '' : 'none of its calls is remembered; the newest 4096 of the agent are';
    return ['', formatCells([cell(text, 'dim')], settings)];
  }
  const title = formatCells([cell(' the last calls, the newest first', 'bold')], settings);
  const window = windowOf(calls, level, settings);
  return [title, ...window.map((call) => (isSelected(call, level, calls) ? MARK : NO_MARK) + call.line)];
}
