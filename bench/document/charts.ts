import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { BESIDE, type Documented } from '../../build/performance/documented.js';

/** Of text, axes and grid: seen on white and on black. */
const GREY = '#7d8590';
/** Colours that are told apart by those who see few (Okabe and Ito), and on white and black. */
const COLOURS = ['#0072b2', '#56b4e9', '#009e73', '#e69f00', '#cc79a7', '#d55e00'];

/** Bars beside each other: those in the documents, by the contestants that are worth the room. */
const SHOWN = [
  'udscope',
  'udscope, observing',
  'udscope, busy_poll',
  'systemd-socket-proxyd',
  'C, recv and send',
  'C, splice',
];

interface Chart {
  readonly file: string;
  readonly title: string;
  /** Beginning of the names of the cases. */
  readonly cases: string;
  readonly key: string;
}

const CHARTS: readonly Chart[] = [
  {
    file: 'throughput.svg',
    title: 'Round trips a second: more is better',
    cases: 'echo',
    key: 'roundTripsPerS',
  },
  {
    file: 'cpu.svg',
    title: 'CPU time of an operation: less is better',
    cases: 'echo',
    key: 'cpuNsPerOperation',
  },
  { file: 'bulk.svg', title: 'Bytes a second, one way: more is better', cases: 'bulk', key: 'mbPerS' },
  {
    file: 'bulk-cpu.svg',
    title: 'CPU time of a MiB, one way: less is better',
    cases: 'bulk',
    key: 'cpuNsPerMib',
  },
];

/** One for each of CHARTS: file name and SVG. */
export function charts(documented: Pick<Documented, 'cases'>): Promise<[file: string, svg: string][]> {
  const drawn = CHARTS.map(async (chart): Promise<[string, string]> => {
    const { spec } = compile(specOf(chart, documented));
    return [chart.file, await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG()];
  });
  return Promise.all(drawn);
}

function specOf(chart: Chart, { cases }: Pick<Documented, 'cases'>): TopLevelSpec {
  const values = cases
    .filter(({ name }) => name.startsWith(chart.cases))
    .flatMap(({ name, rows }) =>
      rows.flatMap(({ name: contestant, ratios }) => {
        const ratio = ratios[chart.key];
        return ratio === undefined || !SHOWN.includes(contestant)
          ? []
          : [{ case: name, contestant, ...ratio }];
      }),
    );
  const y = { field: 'case', type: 'nominal' as const, sort: null, title: null };
  const yOffset = { field: 'contestant', type: 'nominal' as const, sort: [...SHOWN] };
  return {
    title: `${chart.title} (${BESIDE} in the same round is 1)`,
    background: 'transparent',
    width: 560,
    height: { step: 13 },
    data: { values },
    config: {
      title: { color: GREY, anchor: 'start', fontSize: 13 },
      axis: {
        labelColor: GREY,
        titleColor: GREY,
        gridColor: GREY,
        gridOpacity: 0.3,
        domainColor: GREY,
        tickColor: GREY,
      },
      legend: { labelColor: GREY, titleColor: GREY, orient: 'bottom', columns: 3 },
      view: { stroke: null },
    },
    layer: [
      {
        mark: 'bar',
        encoding: {
          y,
          yOffset,
          x: {
            field: 'median',
            type: 'quantitative',
            title: 'median of the rounds; the line is their range',
            scale: { zero: true },
          },
          color: {
            field: 'contestant',
            type: 'nominal',
            title: null,
            sort: [...SHOWN],
            scale: { domain: [...SHOWN], range: COLOURS },
          },
        },
      },
      {
        mark: { type: 'rule', color: GREY },
        encoding: { y, yOffset, x: { field: 'min', type: 'quantitative' }, x2: { field: 'max' } },
      },
      { mark: { type: 'rule', color: GREY, strokeDash: [4, 3] }, encoding: { x: { datum: 1 } } },
    ],
  };
}
