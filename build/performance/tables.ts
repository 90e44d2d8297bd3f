import {
  BESIDE,
  type Documented,
  type DocumentedCase,
  type DocumentedRow,
  type Value,
} from './documented.js';

const NOTHING = '–';

/** The generated part of docs/performance.md. */
export function performanceTables(documented: Documented): string {
  const { machine, date, rounds, cases } = documented;
  const { cpu, cpus, kernel, node, haproxy } = machine;
  const run = `\`npm run bench -- --document\`, ${date}: ${cpu}, ${cpus} processors, Linux ${kernel}, Node.js ${node}`;
  const beside = haproxy === undefined ? '' : `, HAProxy ${haproxy}`;
  return [
    `${run}${beside}. Medians of ${rounds} rounds, in which all take turns; behind them the ratio to ${BESIDE} in the same round, ` +
      'and its least and greatest.',
    ...cases.map(caseTable),
  ].join('\n\n');
}

function caseTable({ title, figures, rows }: DocumentedCase): string {
  const lines = [
    ['', ...figures.map(({ title: heading }) => heading)],
    ['---', ...figures.map(() => '--:')],
    ...rows.map((row) => [row.name, ...figures.map(({ key, digits }) => cell(row, key, digits))]),
  ];
  return `**${upperFirst(title)}**\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
}

function cell({ name, figures, ratios }: DocumentedRow, key: string, digits: number): string {
  const value = figures[key];
  if (value === undefined) return NOTHING;
  const ratio = name === BESIDE ? undefined : ratios[key];
  return `${value.median.toFixed(digits)}${ratio === undefined ? '' : ` (${ratioText(ratio)})`}`;
}

function ratioText({ median, min, max }: Value): string {
  return `**${median.toFixed(2)}**, ${min.toFixed(2)}–${max.toFixed(2)}`;
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
