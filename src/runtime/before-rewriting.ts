import { type ContainerMount, isBind } from '../api/containers/mount.js';
import { cleanPath } from '../values/file-path.js';
import { REWRITE_RECORD, type Replacement, readRecord } from './rewrite-record.js';
import type { Specification } from './specification.js';

/** A mount as it was before any rewriting. */
export interface OriginalMount {
  readonly mount: ContainerMount;
  /** In the list of mounts of the specification. */
  readonly index: number;
}

/** A specification and what is known to have been done to it before. */
export interface Before {
  readonly specification: Specification;
  readonly mounts: readonly OriginalMount[];
  /** What the rewrite record says of mounts that agree with it. */
  readonly replaced: readonly Replaced[];
}

export interface Replaced {
  readonly replacement: Replacement;
  /** The mount's, in the list of mounts of the specification. */
  readonly index: number;
}

/**
 * The mounts without what an earlier rewriting did, as far as its rewrite record says.
 *
 * @param bundle from which relative sources start
 */
export function beforeRewriting(specification: Specification, bundle: string): Before {
  const mounts: OriginalMount[] = [];
  const replaced: Replaced[] = [];
  const record = readRecord(specification.annotations[REWRITE_RECORD]);
  for (const [index, mount] of specification.mounts.entries()) {
    const { destination, source, type, options } = mount;
    const replacement = record.find((one) => one.path === cleanPath(destination) && one.listen === source);
    if (replacement !== undefined) replaced.push({ replacement, index });
    if (replacement?.added === true) continue;
    // As text, without a look at `..`: one that climbs is for annotatedSockets to refuse.
    const isRelative = isBind(mount) && source !== undefined && !source.startsWith('/');
    const original = replacement?.source ?? (isRelative ? `${bundle}/${source}` : source);
    mounts.push({ index, mount: { destination, source: original, type, options } });
  }
  return { specification, mounts, replaced };
}
