import { unitWords } from './units.js';

/**
 * How names of OpenTelemetry become names of Prometheus; the Collector's words
 * (https://pkg.go.dev/github.com/prometheus/otlptranslator#TranslationStrategyOption).
 */
export const TRANSLATION_STRATEGIES = [
  /** `rpc_server_call_duration_seconds`, `uds_send_ops_total` */
  'UnderscoreEscapingWithSuffixes',
  /** `rpc_server_call_duration`, `uds_send_ops` */
  'UnderscoreEscapingWithoutSuffixes',
  /** `rpc.server.call.duration_seconds`, `uds.send_ops_total` */
  'NoUTF8EscapingWithSuffixes',
  /** `rpc.server.call.duration`, `uds.send_ops` */
  'NoTranslation',
] as const;

export type TranslationStrategy = (typeof TRANSLATION_STRATEGIES)[number];

/** A type of Prometheus. */
export type FamilyType = 'counter' | 'gauge' | 'histogram';

/** What a metric is called in OpenTelemetry. */
export interface Descriptor {
  readonly name: string;
  readonly unit: string;
}

const TOTAL = 'total';
const RATIO = 'ratio';

/** Whether names keep the characters that the first versions of Prometheus did not know, such as dots. */
export function keepsCharacters(strategy: TranslationStrategy): boolean {
  return strategy === 'NoUTF8EscapingWithSuffixes' || strategy === 'NoTranslation';
}

/** The name of a metric; undefined where no character of it can be in one of Prometheus. */
export function metricName(
  descriptor: Descriptor,
  type: FamilyType,
  strategy: TranslationStrategy,
): string | undefined {
  const name = NAMERS[strategy](descriptor, type);
  return /[^_]/.test(name) ? name : undefined;
}

type Namer = (descriptor: Descriptor, type: FamilyType) => string;

const NAMERS: Readonly<Record<TranslationStrategy, Namer>> = {
  UnderscoreEscapingWithSuffixes: ({ name, unit }, type) => {
    const words = name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== '');
    const { main, per } = unitWords(unit);
    for (const suffix of [main, per]) {
      if (suffix !== '' && !words.includes(suffix)) words.push(suffix);
    }
    const last = typeSuffix(type, unit);
    const others = last === undefined ? words : [...words.filter((word) => word !== last), last];
    return beginning(others.join('_'));
  },
  UnderscoreEscapingWithoutSuffixes: ({ name }) =>
    beginning(
      name
        .split(/[^a-zA-Z0-9:_]+/)
        .filter((word) => word !== '')
        .join('_'),
    ),
  NoUTF8EscapingWithSuffixes: ({ name, unit }, type) => {
    const { main, per } = unitWords(unit);
    const last = typeSuffix(type, unit);
    let base = withoutEnd(name, last);
    base = withoutEnd(base, per);
    if (main !== '' && !base.endsWith(main)) base += `_${main}`;
    return [base, per, last].filter((part) => part !== '' && part !== undefined).join('_');
  },
  NoTranslation: ({ name }) => name,
};

function typeSuffix(type: FamilyType, unit: string): string | undefined {
  if (type === 'counter') return TOTAL;
  return type === 'gauge' && unit === '1' ? RATIO : undefined;
}

/** A name does not begin with a digit. */
function beginning(name: string): string {
  return /^\d/.test(name) ? `_${name}` : name;
}

/** `name` without a last word and what divides it from the others. */
function withoutEnd(name: string, word: string | undefined): string {
  if (word === undefined || word === '' || !name.endsWith(word)) return name;
  return name.length > word.length + 1 ? name.slice(0, -word.length - 1) : name;
}
