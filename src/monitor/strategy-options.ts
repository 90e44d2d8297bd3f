import { captureProcessorSchema } from '../processors/capture/config.js';
import { checkCaptureProcessors } from '../processors/capture/config-checks.js';
import { captureSettings } from '../processors/capture/settings-of.js';
import { createStrategy } from '../processors/capture/strategies/create-strategy.js';
import { strategyOf } from '../processors/capture/strategies/module-strategy.js';
import type { CaptureStrategy, CompleteStrategy } from '../processors/capture/strategies/strategy.js';
import { checkedBy, refuseOption, shown } from './check.js';

/** How much of an operation is kept. */
interface LimitOptions {
  strategy: 'full' | 'size_limit' | 'no_data';
  /** For size_limit: number of leading bytes that are kept, as a number or `4KiB`. Default: 512. */
  max_bytes?: number | string;
}

/** A strategy, configured like a `capture` processor in the configuration file. */
export type StrategyOptions =
  | LimitOptions
  | {
      strategy: 'sampling';
      /** The part that is sampled, from 0 to 1. */
      ratio: number;
      /** Whether to sample operations that are sent, or whole sockets. Default: message. */
      by?: 'message' | 'connection';
      /** How much of a sampled operation is kept. Default: size_limit of 512. */
      then?: LimitOptions;
    };

const STRATEGIES = ['full', 'size_limit', 'sampling', 'no_data'];
const STRATEGIES_TAKEN = ['full', 'size_limit', 'no_data'];
const KEYS = ['strategy', 'max_bytes', 'ratio', 'by', 'then'];
const KEYS_TAKEN = ['strategy', 'max_bytes'];

/**
 * The strategy that the options describe, or the program's own; undefined if nothing is to be captured.
 *
 * @throws MonitorError
 */
export function strategyOfOptions(given: StrategyOptions | CaptureStrategy): CompleteStrategy | undefined {
  const fields = fieldsOf(given, 'strategy');
  if ('keep' in fields) return ownStrategy(fields);
  checkNames(fields, 'strategy', KEYS, STRATEGIES);
  const { then } = fields;
  if (then !== undefined)
    checkNames(fieldsOf(then, 'strategy.then'), 'strategy.then', KEYS_TAKEN, STRATEGIES_TAKEN);
  const [finding] = checkCaptureProcessors([{ path: ['strategy'], body: given, used: true }]);
  if (finding !== undefined) refuseOption(finding.path, finding.message);
  const settings = captureSettings(
    'monitor',
    checkedBy(captureProcessorSchema, given, 'strategy'),
    undefined,
  );
  return settings === undefined ? undefined : createStrategy(settings.strategy);
}

type Fields = Readonly<Record<string, unknown>>;

/** Wraps the program's own strategy. Every value that it returns is checked before it is used. */
function ownStrategy(fields: Fields): CompleteStrategy {
  for (const name of ['keep', 'takesConnection', 'weight']) {
    const method = fields[name];
    if (typeof method === 'function' || (method === undefined && name !== 'keep')) continue;
    refuseOption(['strategy', name], 'is not a method');
  }
  return strategyOf('strategy', { default: () => fields }, {});
}

function fieldsOf(value: unknown, place: string): Fields {
  if (typeof value === 'object' && value !== null) return value as Fields;
  return refuseOption([place], 'is not an object; give { strategy: … }, or one with a method keep');
}

function checkNames(
  fields: Fields,
  place: string,
  keys: readonly string[],
  strategies: readonly string[],
): void {
  const unknown = Object.keys(fields).find((key) => !keys.includes(key));
  if (unknown !== undefined) refuseOption([place, unknown], `unknown key; accepted here: ${keys.join(', ')}`);
  const { strategy } = fields;
  if (typeof strategy === 'string' && strategies.includes(strategy)) return;
  refuseOption([place, 'strategy'], `${shown(strategy)} is not one of ${strategies.join(', ')}`);
}
