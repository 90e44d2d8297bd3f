import { join } from 'node:path';
import type { UnknownMap } from '../../../../values/map.js';
import { expand, readJsonMap } from './read-file.js';

/** The OCI specification in a bundle. */
export function specificationIn(bundle: string): UnknownMap | undefined {
  return readJsonMap(join(bundle, 'config.json'));
}

/** The OCI specification of the running container `id`, from the first place that has one. */
export function runningSpecification(bundles: readonly string[], id: string): UnknownMap | undefined {
  for (const pattern of bundles) {
    for (const bundle of expand(pattern.replaceAll('{id}', () => id))) {
      const specification = specificationIn(bundle);
      if (specification !== undefined) return specification;
    }
  }
  return undefined;
}
