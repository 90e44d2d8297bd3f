import { dirname } from 'node:path';

/** State directories that containerd and Docker give a runtime: one for each containerd namespace. */
const OF_CONTAINERD = /\/(?:containerd\/(?:runc|runsc)|runtime-[^/]+)\/([^/]+)$/;

/** The scope in which a container's id is unique, given its state: `ROOT/ID` or `ROOT/ID_sandbox:SANDBOX.state`. */
export function namespaceOfState(path: string): string {
  return namespaceOfRoot(dirname(path));
}

/** The containerd namespace that a runtime's state directory belongs to, or the directory itself if there is none. */
export function namespaceOfRoot(root: string): string {
  // Where both exist they are the same directory.
  return OF_CONTAINERD.exec(root)?.[1] ?? root.replace(/^\/var\/run\//, '/run/');
}
