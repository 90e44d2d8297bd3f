import type { ImpliedValue, Path } from '../../values/finding.js';
import type { CaptureProcessorConfig } from './config.js';
import { DEFAULT_MAX_BYTES, moduleFile } from './settings-of.js';

/** How much `size_limit` keeps, and the whole paths of modules, which start at the file that names them. */
export function impliedByCapture(
  config: unknown,
  fileOf: (path: Path) => string | undefined,
): ImpliedValue[] {
  // What the schema has made.
  const capture = config as CaptureProcessorConfig;
  const parts: [Path, Pick<CaptureProcessorConfig, 'strategy' | 'max_bytes' | 'module'>][] = [[[], capture]];
  if (capture.then !== undefined) parts.push([['then'], capture.then]);
  return parts.flatMap(([path, { strategy, max_bytes, module }]): ImpliedValue[] => {
    if (strategy === 'size_limit')
      return [{ path: [...path, 'max_bytes'], value: max_bytes ?? DEFAULT_MAX_BYTES }];
    const at = [...path, 'module'];
    return module === undefined ? [] : [{ path: at, value: moduleFile(module, fileOf(at)) }];
  });
}
