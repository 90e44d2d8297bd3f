import { dirname } from 'node:path';

/** Where containerd and Docker have a runtime keep its state: a folder for each namespace of containerd. */
const OF_CONTAINERD = /\/(?:containerd\/(?:runc|runsc)|runtime-[^/]+)\/([^/]+)$/;

/** What the id of a container is unique in, by the path of its state: `ROOT/ID`, or `ROOT/ID_sandbox:SANDBOX.state`. */
export function namespaceOfState(path: string): string {
  return namespaceOfRoot(dirname(path));
}

/** Of containerd, by the folder where a runtime keeps its state. The folder itself where no namespace has it. */
export function namespaceOfRoot(root: string): string {
  // They are one folder wherever there are both.
  return OF_CONTAINERD.exec(root)?.[1] ?? root.replace(/^\/var\/run\//, '/run/');
}
