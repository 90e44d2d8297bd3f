import type { Path } from '../values/finding.js';
import { entriesAt, find, type TreeNode } from './tree.js';

/** A socket that names a capture processor of its own. */
export interface SocketCaptureReference {
  readonly id: string;
  readonly path: Path;
}

/** The `capture` of all sockets that have one. */
export function socketCaptures(root: TreeNode): SocketCaptureReference[] {
  return [...entriesAt(root, ['receivers']).keys()].flatMap((receiver) => {
    const sockets = find(root, ['receivers', receiver, 'sockets']);
    if (sockets?.kind !== 'list') return [];
    return sockets.items.flatMap((_, index) => {
      const path = ['receivers', receiver, 'sockets', index, 'capture'];
      const node = find(root, path);
      return node?.kind === 'scalar' && typeof node.value === 'string' ? [{ id: node.value, path }] : [];
    });
  });
}
