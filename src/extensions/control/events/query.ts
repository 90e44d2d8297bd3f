import { accept, type Parsed, refuse } from '../../../values/parsed.js';
import type { ParameterDocumentation } from '../openapi/documentation.js';
import {
  CHOICES,
  describeParameters,
  flag,
  oneOf,
  type Parameters,
  queryRefusal,
  wholeNumber,
} from '../parameters.js';
import { type EventFilter, eventFilter } from './filter.js';

/** What a client wants to see. */
export interface EventsQuery {
  /** How many of the remembered events to start with; Infinity for all. */
  readonly last: number;
  /** Whether to go on with events to come. */
  readonly follow: boolean;
  readonly filter: EventFilter;
  /** Whether streams of connections are among them, which are remembered only then. */
  readonly hasStreams: boolean;
}

/** The most events a client may ask to start with. */
const MAX_LAST = 100_000;

const PARAMETERS: Parameters = new Map([
  ['last', wholeNumber(0, MAX_LAST)],
  ['follow', flag],
  ...CHOICES,
  ['errors', flag],
]);

const WITHOUT_STREAMS: Parameters = new Map([
  ...PARAMETERS,
  ['type', oneOf('operation or call', ['operation', 'call'])],
]);

const WITH_STREAMS: Parameters = new Map([
  ...PARAMETERS,
  ['type', oneOf('operation, call or stream', ['operation', 'call', 'stream'])],
]);

/** The parameters as the API's description has them. */
export function eventsParameters(mayHaveStreams: boolean): ParameterDocumentation[] {
  return describeParameters(mayHaveStreams ? WITH_STREAMS : WITHOUT_STREAMS);
}

/** Reads the query of a URL. A refusal is a whole sentence that names the parameter. */
export function parseEventsQuery(query: URLSearchParams, mayHaveStreams = true): Parsed<EventsQuery> {
  const refusal = queryRefusal(mayHaveStreams ? WITH_STREAMS : WITHOUT_STREAMS, query);
  if (refusal !== undefined) return refuse(refusal);
  const follow = query.get('follow') !== 'false';
  const last = query.get('last');
  const filter = eventFilter({
    sockets: query.getAll('socket'),
    containers: query.getAll('container'),
    protocols: query.getAll('protocol'),
    methods: query.getAll('method'),
    errors: query.get('errors') === 'true',
    types: query.getAll('type'),
  });
  // A client that does not wait for new events wants the old ones.
  const lastByDefault = follow ? 0 : Number.POSITIVE_INFINITY;
  const hasStreams = query.getAll('type').includes('stream');
  return accept({ last: last === null ? lastByDefault : Number(last), follow, filter, hasStreams });
}
