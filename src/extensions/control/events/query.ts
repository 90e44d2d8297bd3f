import { PROTOCOL_NAMES } from '../../../protocols/names.js';
import { accept, type JsonShape, type Parsed, refuse } from '../../../values/parsed.js';
import { quote } from '../../../values/quote.js';
import type { ParameterDocumentation } from '../openapi/documentation.js';
import { type EventFilter, eventFilter, MIN_ID_PREFIX } from './filter.js';

/** What a client wants to see. */
export interface EventsQuery {
  /** How many of the remembered events to start with; Infinity for all. */
  readonly last: number;
  /** Whether to go on with events to come. */
  readonly follow: boolean;
  /** undefined: every event. */
  readonly filter: EventFilter | undefined;
}

interface Parameter {
  /** What is accepted, in words that follow `is not`. */
  readonly accepted: string;
  readonly accepts: (value: string) => boolean;
  readonly repeats: boolean;
  /** What is accepted, for the description of the API. */
  readonly shape: JsonShape;
}

/** The most events a client may ask to start with. */
const MAX_LAST = 100_000;

/** The most values of one parameter: every event is compared with each. */
const MAX_VALUES = 64;

const flag: Parameter = {
  accepted: 'true or false',
  accepts: (value) => value === 'true' || value === 'false',
  repeats: false,
  shape: { type: 'boolean' },
};

const words = (accepted: string): Parameter => ({
  accepted,
  accepts: (value) => value !== '',
  repeats: true,
  shape: { type: 'string', minLength: 1 },
});

const oneOf = (accepted: string, names: readonly string[]): Parameter => ({
  accepted,
  accepts: (value) => names.includes(value),
  repeats: true,
  shape: { enum: names },
});

const PARAMETERS: ReadonlyMap<string, Parameter> = new Map([
  [
    'last',
    {
      accepted: `a whole number from 0 to ${MAX_LAST}`,
      accepts: (value) => /^\d{1,6}$/.test(value) && Number(value) <= MAX_LAST,
      repeats: false,
      shape: { type: 'integer', minimum: 0, maximum: MAX_LAST },
    },
  ],
  ['follow', flag],
  ['socket', words('the name of a socket')],
  ['container', words(`the name of a container, or ${MIN_ID_PREFIX} characters of its id or more`)],
  ['protocol', oneOf(`a protocol: ${PROTOCOL_NAMES.join(', ')}`, PROTOCOL_NAMES)],
  ['method', words('a method, in which * stands for any characters')],
  ['errors', flag],
  ['type', oneOf('operation or call', ['operation', 'call'])],
]);

/** The parameters as the API's description has them. */
export function eventsParameters(): ParameterDocumentation[] {
  return Array.from(PARAMETERS, ([name, { accepted, repeats, shape }]) => ({
    name,
    in: 'query',
    description: `Give ${accepted}${repeats ? '; several may be given, and one has to hold' : ''}.`,
    schema: repeats ? { type: 'array', maxItems: MAX_VALUES, items: shape } : shape,
  }));
}

/** Reads the query of a URL. A refusal is a whole sentence that names the parameter. */
export function parseEventsQuery(query: URLSearchParams): Parsed<EventsQuery> {
  for (const name of new Set(query.keys())) {
    const refusal = refusalOf(name, query.getAll(name));
    if (refusal !== undefined) return refuse(refusal);
  }
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
  return accept({ last: last === null ? lastByDefault : Number(last), follow, filter });
}

function refusalOf(name: string, values: readonly string[]): string | undefined {
  const parameter = PARAMETERS.get(name);
  if (parameter === undefined) {
    return `${quote(name)} is not a parameter; accepted: ${[...PARAMETERS.keys()].join(', ')}`;
  }
  const wrong = values.find((value) => !parameter.accepts(value));
  if (wrong !== undefined) return `${name}: ${quote(wrong)} is not ${parameter.accepted}`;
  const limit = parameter.repeats ? MAX_VALUES : 1;
  return values.length > limit ? `${name}: is given ${values.length} times; at most ${limit}` : undefined;
}
