import { partsOf } from '../sql/summary-parts.js';
import {
  type Attributes,
  type Convention,
  type DurationMetric,
  type NamedMethod,
  OTHER,
  type TextAttributes,
  textOf,
} from './convention.js';

/** https://opentelemetry.io/docs/specs/semconv/db/database-metrics/ */
const DURATION: DurationMetric = {
  name: 'db.client.operation.duration',
  description: 'Time from the first byte of a request to the last byte of its response, at the relay.',
  boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
};

/** What is still shown of a summary of SQL that is one too many: the first word of its operation, if it is one of these. */
const OPERATIONS: ReadonlySet<string> = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE',
  'REPLACE',
  'COPY',
  'CALL',
  'CREATE',
  'ALTER',
  'DROP',
  'TRUNCATE',
]);

/** What databases have in common. All their calls are told as a client sees them; only errors have a code. */
const DATABASE = {
  durations: { server: DURATION, client: DURATION },
  firstByte: undefined,
  statusAttributes: (code) => (code === OTHER ? {} : { 'db.response.status_code': code }),
  describesErrors: false,
  spanName: (system, name) => (name === OTHER ? system : name),
  callKind: () => 'client',
} satisfies Partial<Convention>;

/**
 * Databases that are asked in a language: methods are summaries of what they are asked, as `SELECT orders customers`. Operation and
 * collection are shown where the summary has one. The convention wants them not to be taken from the text; without them, nobody can add up by table.
 * https://opentelemetry.io/docs/specs/semconv/db/database-spans/#generating-a-summary-of-the-query
 */
export const SQL: Convention = {
  ...DATABASE,
  unnamed: (summary) => {
    const operation = partsOf(summary).operation?.split(' ', 1)[0].toUpperCase() ?? '';
    return OPERATIONS.has(operation) ? operation : OTHER;
  },
  methodAttributes: (system, summary, _routes, namespace) => ({
    ...systemAttributes(system, namespace),
    ...summaryAttributes(summary),
  }),
  methodOf: (attributes) => named(attributes, textOf(attributes, 'db.query.summary')),
  originalAttributes: summaryAttributes,
};

/** Databases that have commands: methods are their names, as `GET` or `CONFIG GET`. */
export const COMMANDS: Convention = {
  ...DATABASE,
  unnamed: () => OTHER,
  methodAttributes: (system, command, _routes, namespace) => ({
    ...systemAttributes(system, namespace),
    'db.operation.name': command,
  }),
  methodOf: (attributes) =>
    'db.query.summary' in attributes ? undefined : named(attributes, textOf(attributes, 'db.operation.name')),
  originalAttributes: (command) => ({ 'db.operation.name': command }),
};

function summaryAttributes(summary: string): Attributes {
  const { operation, collection } = partsOf(summary);
  return {
    'db.query.summary': summary,
    ...(operation === undefined ? {} : { 'db.operation.name': operation }),
    ...(collection === undefined ? {} : { 'db.collection.name': collection }),
  };
}

function named(attributes: TextAttributes, method: string | undefined): NamedMethod | undefined {
  const system = textOf(attributes, 'db.system.name');
  if (system === undefined || method === undefined) return undefined;
  const namespace = textOf(attributes, 'db.namespace');
  // MariaDB speaks the protocol of MySQL.
  const protocol = system === 'mariadb' ? 'mysql' : system;
  return { protocol, method, ...(namespace === undefined ? {} : { namespace }) };
}

function systemAttributes(system: string, namespace: string | undefined) {
  return { 'db.system.name': system, ...(namespace === undefined ? {} : { 'db.namespace': namespace }) };
}
