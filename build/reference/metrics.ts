import { ExportHealthTables } from '../../src/exporters/health.js';
import { metricName } from '../../src/exporters/prometheus/translation.js';
import { UNMONITORED_INSTRUMENTS } from '../../src/extensions/control/unmonitored/instruments.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import {
  CALL_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  RING_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { RELAY_THREAD_INSTRUMENTS, UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { LOG_INSTRUMENTS } from '../../src/service/log/instruments.js';
import type { InstrumentDefinition, InstrumentGroup } from '../../src/telemetry/instruments.js';
import { code, table } from './generated.js';

interface Chapter {
  readonly title: string;
  /** What a series is of, and since when there is one. */
  readonly series: string;
  readonly groups: readonly InstrumentGroup[];
}

const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Sockets',
    series:
      'A series for each relayed socket, client and server, since the first connection. Attributes: those of [sockets](#attributes-of-sockets).',
    groups: [UDS_INSTRUMENTS],
  },
  {
    title: 'Calls',
    series:
      'With `capture` and `enrich`, a series for each socket, client, server, method and outcome, since the first such call. Attributes: those of [sockets](#attributes-of-sockets) and of [calls](#attributes-of-calls).',
    groups: [CALL_INSTRUMENTS, METHOD_INSTRUMENTS],
  },
  {
    title: 'Losses of clients',
    series:
      'With `enrich`, a series for each client that has lost something. Attributes: those that name it.',
    groups: [LOSS_INSTRUMENTS],
  },
  {
    title: 'Capturing and decoding',
    series:
      'With `capture`, one series; of rings one for each relay thread of a receiver, in the attribute `ring`.',
    groups: [RING_INSTRUMENTS, ENRICH_INSTRUMENTS],
  },
  {
    title: 'Relaying',
    series: 'One series for each receiver together.',
    groups: [RELAY_THREAD_INSTRUMENTS, ATTRIBUTION_INSTRUMENTS],
  },
  {
    title: 'Exporters',
    series:
      'A series for each exporter and signal: `otel.component.type`, `otel.component.name` (the type, a slash, the id in the configuration), and where something is sent, `server.address` and `server.port`. Durations have `error.type` and `http.response.status_code` as well.',
    groups: new ExportHealthTables().all.map(({ group }) => group),
  },
  {
    title: 'The agent',
    series: 'One series each.',
    groups: [LOG_INSTRUMENTS, UNMONITORED_INSTRUMENTS],
  },
];

/** All groups of instruments there are. */
export const GROUPS: readonly InstrumentGroup[] = CHAPTERS.flatMap(({ groups }) => groups);

export function metricsReference(): string {
  return CHAPTERS.map(({ title, series, groups }) => {
    const rows = groups.flatMap(({ instruments }) => instruments.map(rowOf));
    const head = [
      'Instrument',
      'Prometheus',
      'Type, unit',
      'What it tells',
      'Attributes of its own',
      'Shown',
    ];
    return [`### ${title}`, series, table(head, rows)].join('\n\n');
  }).join('\n\n');
}

const TYPES = { counter: 'counter', up_down_counter: 'gauge', histogram: 'histogram' } as const;

function rowOf(instrument: InstrumentDefinition): string[] {
  const { name, kind, unit, description, points } = instrument;
  const prometheus = metricName({ name, unit }, TYPES[kind], 'UnderscoreEscapingWithSuffixes') ?? '';
  const isShownAtOnce = points.some(({ omitZero }) => omitZero !== true);
  return [
    code(name),
    code(prometheus),
    `${kind.replaceAll('_', '-')}, ${code(unit)}`,
    description,
    attributesText(instrument),
    isShownAtOnce ? 'from the start' : 'once it is not zero',
  ];
}

/** Names with their values; `(none)` where a point is shown without any. */
function attributesText({ points }: InstrumentDefinition): string {
  const values = new Map<string, Set<string>>();
  for (const { attributes = {} } of points) {
    for (const [name, value] of Object.entries(attributes)) {
      values.set(name, (values.get(name) ?? new Set()).add(String(value)));
    }
  }
  return Array.from(values, ([name, all]) => `${code(name)}: ${[...all].map(code).join(', ')}`).join('; ');
}
