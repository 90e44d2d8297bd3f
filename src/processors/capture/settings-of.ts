import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROTOCOL_NAMES } from '../../protocols/names.js';
import type { CaptureProcessorConfig } from './config.js';
import type { CaptureSettings, StrategySettings } from './strategies/settings.js';

export const DEFAULT_MAX_BYTES = 512;

type StrategyConfig = Pick<CaptureProcessorConfig, 'max_bytes' | 'module' | 'options'> & {
  strategy: Exclude<CaptureProcessorConfig['strategy'], 'sampling'>;
};

/**
 * What a capture processor's configuration asks of relay threads; undefined when that is nothing. Messages of all protocols
 * are told apart.
 *
 * @param file that names the processor: a strategy's module is looked for from there.
 */
export function captureSettings(
  id: string,
  config: CaptureProcessorConfig,
  file: string | undefined,
): CaptureSettings | undefined {
  const strategy = strategySettings(config, file);
  if (strategy === undefined) return undefined;
  return {
    strategy,
    protocols: PROTOCOL_NAMES,
    per: config.per,
    directions: config.directions,
    tailBytes: config.tail_bytes,
    ring: { id, entries: config.ring_buffer.entries, maxBytes: config.ring_buffer.max_bytes },
  };
}

function strategySettings(
  config: CaptureProcessorConfig,
  file: string | undefined,
): StrategySettings | undefined {
  const { strategy, ratio = 1, by = 'message' } = config;
  if (strategy !== 'sampling') return plainSettings({ ...config, strategy }, file);
  const then = plainSettings(config.then ?? { strategy: 'size_limit' }, file);
  return then === undefined || ratio === 0 ? undefined : { type: 'sampling', ratio, by, then };
}

function plainSettings(config: StrategyConfig, file: string | undefined): StrategySettings | undefined {
  switch (config.strategy) {
    case 'full':
      return { type: 'size_limit', maxBytes: Number.POSITIVE_INFINITY };
    case 'size_limit':
      return { type: 'size_limit', maxBytes: config.max_bytes ?? DEFAULT_MAX_BYTES };
    case 'no_data':
      return undefined;
    case 'module':
      return moduleSettings(config.module ?? '', config.options ?? {}, file);
  }
}

function moduleSettings(
  module: string,
  options: Readonly<Record<string, unknown>>,
  namedIn: string | undefined,
): StrategySettings {
  const file = moduleFile(module, namedIn);
  const url = pathToFileURL(file);
  // Modules are kept by their URL: one that has changed needs another. A missing file is an error on loading.
  const changed = statSync(file, { throwIfNoEntry: false });
  if (changed !== undefined) url.searchParams.set('changed', `${changed.mtimeMs}-${changed.size}`);
  return { type: 'module', file, url: url.href, options };
}

/** The path of a module that a file names. */
export function moduleFile(module: string, namedIn: string | undefined): string {
  return resolve(namedIn === undefined ? '.' : dirname(namedIn), module);
}
