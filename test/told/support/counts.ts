import {
  CALL_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../../src/processors/enrich/instruments.js';
import type { EnrichCommand, EnrichReport, SeriesName } from '../../../src/processors/enrich/messages.js';
import { callsIn, durationsIn } from '../../processors/enrich/support/call-row.js';

/** Calls of one series. */
export interface CountedCall {
  readonly method: string;
  readonly errorType: string | undefined;
  /** Attributes beside the method's and the error's that tell outcomes apart. */
  readonly outcome: string | undefined;
  readonly count: number;
  /** How many of them have a duration. */
  readonly timed: number;
}

/** A counter of the enrich thread that is not zero. */
export interface HealthCount {
  /** Without what all begin with. */
  readonly name: string;
  readonly reason: string | undefined;
  readonly count: number;
}

const WIDTHS = {
  calls: CALL_INSTRUMENTS.width,
  methods: METHOD_INSTRUMENTS.width,
  losses: LOSS_INSTRUMENTS.width,
};

const HEALTH_PREFIX = 'udscope.enrich.';

/** Gives series the rows that they ask for, as the main thread does, and reads them. */
export class SeriesRows {
  readonly #give: (row: EnrichCommand) => void;
  readonly #rows = new Map<number, { readonly wanted: SeriesName; readonly row: Float64Array }>();

  constructor(give: (row: EnrichCommand) => void) {
    this.#give = give;
  }

  hear(report: EnrichReport): void {
    if (report.type === 'series') {
      const { number, wanted } = report;
      const row = new Float64Array(WIDTHS[wanted.kind]);
      this.#rows.set(number, { wanted, row });
      this.#give({ type: 'row', series: number, row });
    }
    if (report.type === 'counted') {
      // It has ended before its row came to it.
      const row = this.#rows.get(report.series)?.row;
      report.values.forEach((value, i) => {
        if (row !== undefined) row[i] += value;
      });
    }
  }

  calls(): readonly CountedCall[] {
    return [...this.#rows.values()]
      .filter(({ wanted, row }) => wanted.kind === 'calls' && callsIn(row) > 0)
      .map(({ wanted, row }) => callsOf(wanted, row));
  }
}

function callsOf(wanted: SeriesName, row: Float64Array): CountedCall {
  const attributes = ('method' in wanted ? wanted.method : undefined) ?? {};
  const text = (name: string) => (attributes[name] === undefined ? undefined : String(attributes[name]));
  return {
    method: text('rpc.method') ?? requestOf(text) ?? operationOf(text) ?? queryOf(text) ?? 'overflow',
    errorType: text('error.type'),
    outcome: text('udscope.outcome'),
    count: callsIn(row),
    timed: durationsIn(row),
  };
}

/** Of HTTP: `GET:/containers/json:200`; the status of a failure is its error. */
function requestOf(text: (name: string) => string | undefined): string | undefined {
  const method = text('http.request.method');
  if (method === undefined) return undefined;
  const status = text('error.type') === undefined ? text('http.response.status_code') : undefined;
  const path = text('http.route') ?? text('url.template');
  return [method, path, status].filter((part) => part !== undefined).join(':');
}

/** Of MCP: `tools/call(get_weather)`, or the method alone. */
function operationOf(text: (name: string) => string | undefined): string | undefined {
  const target = text('gen_ai.tool.name') ?? text('gen_ai.prompt.name');
  return target === undefined ? text('mcp.method.name') : `${text('mcp.method.name')}(${target})`;
}

/** Of databases, the words of a summary or of a command: `SELECT:orders`. */
function queryOf(text: (name: string) => string | undefined): string | undefined {
  return (text('db.query.summary') ?? text('db.operation.name'))?.replaceAll(' ', ':');
}

export function healthCounts(values: Float64Array): readonly HealthCount[] {
  return ENRICH_INSTRUMENTS.instruments.flatMap(({ name, points }) =>
    points
      .map(({ value, attributes }) => ({
        name: name.replace(HEALTH_PREFIX, ''),
        reason: attributes?.['reason'] === undefined ? undefined : String(attributes['reason']),
        count: value(values),
      }))
      .filter(({ count }) => count !== 0),
  );
}
