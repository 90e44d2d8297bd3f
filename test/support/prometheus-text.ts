/**
 * A strict reader of the Prometheus text format, version 0.0.4, as
 * https://prometheus.io/docs/instrumenting/exposition_formats/ describes it. It throws at whatever a
 * conforming writer would not have written.
 */

export interface Sample {
  /** Of a histogram only: what its name has after that of the family. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  help?: string;
  unit?: string;
  type?: string;
  readonly samples: Sample[];
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/s;
/** One label of a list. A value may hold anything but a bare quote, backslash or line feed. */
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const VALUE = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/i;
const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** The families of a page by name, in its order. */
export function parsePrometheusText(page: string): Map<string, Family> {
  if (!page.endsWith('\n')) throw new Error('the last line does not end with a line feed');
  const families = new Map<string, Family>();
  let current: Family | undefined;
  for (const line of page.slice(0, -1).split('\n')) {
    const lineOf = lineName(line);
    if (lineOf === undefined) continue;
    const suffix = line.startsWith('#') ? undefined : histogramSuffix(lineOf, current);
    const name = suffix === undefined ? lineOf : lineOf.slice(0, -suffix.length);
    if (!METRIC_NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no metric name`);
    if (current?.name !== name) {
      if (families.has(name)) throw new Error(`the lines of ${name} are not together`);
      current = { name, samples: [] };
      families.set(name, current);
    }
    if (line.startsWith('#')) readMeta(line, current);
    else current.samples.push({ ...readSample(line), ...(suffix === undefined ? {} : { suffix }) });
  }
  for (const family of families.values()) {
    checkUnique(family);
    if (family.type === 'histogram') checkHistogram(family);
  }
  return families;
}

/** What makes a sample's name one of the histogram whose lines these are. */
function histogramSuffix(name: string, family: Family | undefined): string | undefined {
  if (family?.type !== 'histogram' || !name.startsWith(family.name)) return undefined;
  return ['_bucket', '_sum', '_count'].find((suffix) => name === family.name + suffix);
}

/** Whose line it is; undefined for a comment. */
function lineName(line: string): string | undefined {
  const [, name] = (line.startsWith('#') ? /^# (?:HELP|TYPE|UNIT) (\S+) / : /^([^\s{]+)/).exec(line) ?? [];
  if (name === undefined && !line.startsWith('#')) throw new Error(`${JSON.stringify(line)} is no sample`);
  return name;
}

function readMeta(line: string, family: Family): void {
  const [, keyword, text = ''] = /^# (\S+) \S+ (.*)$/s.exec(line) ?? [];
  const key = keyword?.toLowerCase();
  if (key !== 'help' && key !== 'type' && key !== 'unit')
    throw new Error(`${line} is no comment of a metric`);
  if (family[key] !== undefined) throw new Error(`a second ${keyword} for ${family.name}`);
  if (family.samples.length > 0) throw new Error(`${keyword} after the first sample of ${family.name}`);
  if (key === 'type' && !TYPES.includes(text)) throw new Error(`${text} is no type`);
  family[key] = key === 'help' ? unescapeText(text, '\\') : text;
}

function readSample(line: string): Sample {
  const [, , labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (!VALUE.test(value)) throw new Error(`${JSON.stringify(line)} has no value`);
  return { labels: readLabels(labels), value: Number(value.replace('Inf', 'Infinity')) };
}

function readLabels(list: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < list.length) {
    const start = LABEL.lastIndex;
    const [, name, value] = LABEL.exec(list) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no label at ${list.slice(start)}`);
    if (name in labels) throw new Error(`the label ${name} twice in {${list}}`);
    labels[name] = unescapeText(value, '\\"');
  }
  return labels;
}

function unescapeText(text: string, escapable: string): string {
  return text.replace(/\\(.?)/gs, (sequence, character) => {
    if (character === 'n') return '\n';
    if (character !== '' && escapable.includes(character)) return character;
    throw new Error(`${sequence} is no escape sequence`);
  });
}

function checkUnique({ name, samples }: Family): void {
  const seen = new Set<string>();
  for (const { labels, suffix = '' } of samples) {
    const series = suffix + labelsKey(labels);
    if (seen.has(series)) throw new Error(`${name}${series} twice`);
    seen.add(series);
  }
}

/** Each of its series has a sum, a count, and cumulative buckets in the order of their bounds up to +Inf. */
function checkHistogram({ name, samples }: Family): void {
  const ofSeries = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    if ((sample.suffix === '_bucket') !== (le !== undefined)) throw new Error(`${name} has a misplaced le`);
    const key = labelsKey(labels);
    ofSeries.set(key, [...(ofSeries.get(key) ?? []), sample]);
  }
  for (const [key, series] of ofSeries) checkHistogramSeries(name + key, series);
}

function checkHistogramSeries(series: string, samples: readonly Sample[]): void {
  const buckets = samples.filter(({ suffix }) => suffix === '_bucket');
  const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')));
  const values = buckets.map(({ value }) => value);
  const count = samples.find(({ suffix }) => suffix === '_count');
  if (!samples.some(({ suffix }) => suffix === '_sum')) throw new Error(`${series} has no sum`);
  if (!bounds.every((bound, i) => i === 0 || bound > bounds[i - 1])) {
    throw new Error(`the buckets of ${series} are not in order`);
  }
  if (!values.every((value, i) => i === 0 || value >= values[i - 1])) {
    throw new Error(`the buckets of ${series} are not cumulative`);
  }
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY || values.at(-1) !== count?.value) {
    throw new Error(`${series} does not count all of its values in the bucket +Inf`);
  }
}

function labelsKey(labels: Sample['labels']): string {
  return JSON.stringify(Object.entries(labels).sort());
}
