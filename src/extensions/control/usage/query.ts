import {
  FLOW_GROUPS,
  type FlowGroup,
  parseCursor,
  USAGE_ORDERS,
  type UsageOrder,
  type UsageQuery,
  type UsageSubject,
} from '../../../api/usage/query.js';
import { accept, type Parsed, refuse } from '../../../values/parsed.js';
import { isOneOf } from '../events/filter.js';
import { globMatches, parseGlob } from '../events/glob.js';
import type { ParameterDocumentation } from '../openapi/documentation.js';
import {
  CHOICES,
  describeParameters,
  oneOf,
  type Parameter,
  type Parameters,
  queryRefusal,
  wholeNumber,
} from '../parameters.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Longer than any cursor: names of methods and containers are bounded. */
const MAX_CURSOR = 16_384;

const cursor: Parameter = {
  accepted: 'a cursor: what an answer has as `next`, to go on behind it',
  accepts: (value) => value.length <= MAX_CURSOR && parseCursor(value).ok,
  repeats: false,
  shape: { type: 'string', maxLength: MAX_CURSOR },
};

const PAGING: Parameters = new Map([
  ['sort', oneOf(`an order: ${USAGE_ORDERS.join(', ')}`, USAGE_ORDERS, false)],
  ['limit', wholeNumber(1, MAX_LIMIT)],
  ['cursor', cursor],
]);

const METHODS: Parameters = new Map([...CHOICES, ...PAGING]);

const FLOWS: Parameters = new Map([
  ['by', oneOf(`what to add up by: ${FLOW_GROUPS.join(', ')}`, FLOW_GROUPS, false)],
  ...[...CHOICES].filter(([name]) => name === 'socket' || name === 'container'),
  ...PAGING,
]);

export const methodsParameters = (): ParameterDocumentation[] => describeParameters(METHODS);
export const flowsParameters = (): ParameterDocumentation[] => describeParameters(FLOWS);

/** Reads the query of a URL. A refusal is a whole sentence that names the parameter. */
export function parseMethodsQuery(query: URLSearchParams): Parsed<UsageQuery> {
  const refusal = queryRefusal(METHODS, query);
  return refusal === undefined ? accept(usageQuery(query)) : refuse(refusal);
}

/** The same for flows. */
export function parseFlowsQuery(query: URLSearchParams): Parsed<UsageQuery & { readonly by: FlowGroup }> {
  const refusal = queryRefusal(FLOWS, query);
  if (refusal !== undefined) return refuse(refusal);
  return accept({ ...usageQuery(query), by: (query.get('by') ?? 'flow') as FlowGroup });
}

function usageQuery(query: URLSearchParams): UsageQuery {
  const after = parseCursor(query.get('cursor') ?? '');
  return {
    order: (query.get('sort') ?? 'calls') as UsageOrder,
    limit: Number(query.get('limit') ?? DEFAULT_LIMIT),
    after: after.ok ? after.value : undefined,
    filter: usageFilter(query),
  };
}

/** undefined when everything passes. */
function usageFilter(query: URLSearchParams): UsageQuery['filter'] {
  const checks: ((subject: UsageSubject) => boolean)[] = [];
  const [sockets, containers, protocols] = ['socket', 'container', 'protocol'].map((name) =>
    query.getAll(name),
  );
  const methods = query.getAll('method').map(parseGlob);
  if (sockets.length > 0) checks.push(({ socket }) => socket !== undefined && sockets.includes(socket));
  if (containers.length > 0) checks.push((subject) => isOneOf(subject, containers));
  if (protocols.length > 0) {
    checks.push(({ protocol }) => protocol !== undefined && protocols.includes(protocol));
  }
  if (methods.length > 0) {
    checks.push(({ method }) => method !== undefined && methods.some((glob) => globMatches(glob, method)));
  }
  return checks.length === 0 ? undefined : (subject) => checks.every((check) => check(subject));
}
