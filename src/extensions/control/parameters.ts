import { PROTOCOL_NAMES } from '../../protocols/names.js';
import type { JsonShape } from '../../values/parsed.js';
import { quote } from '../../values/quote.js';
import { MIN_ID_PREFIX } from './events/filter.js';
import type { ParameterDocumentation } from './openapi/documentation.js';

/** A parameter of a query. */
export interface Parameter {
  /** What is accepted, in words that follow `is not`. */
  readonly accepted: string;
  readonly accepts: (value: string) => boolean;
  readonly repeats: boolean;
  /** What is accepted, for the description of the API. */
  readonly shape: JsonShape;
}

/** By their names. */
export type Parameters = ReadonlyMap<string, Parameter>;

/** The most values of one parameter: everything is compared with each. */
const MAX_VALUES = 64;

export const flag: Parameter = {
  accepted: 'true or false',
  accepts: (value) => value === 'true' || value === 'false',
  repeats: false,
  shape: { type: 'boolean' },
};

export function words(accepted: string): Parameter {
  return {
    accepted,
    accepts: (value) => value !== '',
    repeats: true,
    shape: { type: 'string', minLength: 1 },
  };
}

export function oneOf(accepted: string, names: readonly string[], repeats = true): Parameter {
  return { accepted, accepts: (value) => names.includes(value), repeats, shape: { enum: names } };
}

/** A whole number of at most nine digits. */
export function wholeNumber(minimum: number, maximum: number): Parameter {
  return {
    accepted: `a whole number from ${minimum} to ${maximum}`,
    accepts: (value) => /^\d{1,9}$/.test(value) && Number(value) >= minimum && Number(value) <= maximum,
    repeats: false,
    shape: { type: 'integer', minimum, maximum },
  };
}

/** What calls are chosen by, wherever calls are shown. */
export const CHOICES: Parameters = new Map([
  ['socket', words('the name of a socket')],
  [
    'container',
    words(`the name of a container, ${MIN_ID_PREFIX} characters of its id or more, or a program of the host`),
  ],
  ['protocol', oneOf(`a protocol: ${PROTOCOL_NAMES.join(', ')}`, PROTOCOL_NAMES)],
  ['method', words('a method, in which * stands for any characters')],
]);

/** The parameters as the API's description has them. */
export function describeParameters(parameters: Parameters): ParameterDocumentation[] {
  return Array.from(parameters, ([name, { accepted, repeats, shape }]) => ({
    name,
    in: 'query',
    description: `Give ${accepted}${repeats ? '; several may be given, and one has to hold' : ''}.`,
    schema: repeats ? { type: 'array', maxItems: MAX_VALUES, items: shape } : shape,
  }));
}

/** Why a query is not accepted, as a sentence that names the parameter; undefined if it is. */
export function queryRefusal(parameters: Parameters, query: URLSearchParams): string | undefined {
  for (const name of new Set(query.keys())) {
    const refusal = refusalOf(parameters, name, query.getAll(name));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf(parameters: Parameters, name: string, values: readonly string[]): string | undefined {
  const parameter = parameters.get(name);
  if (parameter === undefined) {
    return `${quote(name)} is not a parameter; accepted: ${[...parameters.keys()].join(', ')}`;
  }
  const wrong = values.find((value) => !parameter.accepts(value));
  if (wrong !== undefined) return `${name}: ${quote(wrong)} is not ${parameter.accepted}`;
  const limit = parameter.repeats ? MAX_VALUES : 1;
  return values.length > limit ? `${name}: is given ${values.length} times; at most ${limit}` : undefined;
}
