/**
 * What OCI runtimes accept as the name of a container (runc's `validateID` in libcontainer), and no longer than any of them
 * gives. It starts such that no path can be made of it.
 */
export const CONTAINER_ID = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}$/;

/** The id that engines give: 64 hex digits. */
const ENGINE_ID = /^[0-9a-f]{64}$/;

/** Whether text can be the id of a container, and one component of a path. */
export function isContainerId(text: unknown): text is string {
  return typeof text === 'string' && CONTAINER_ID.test(text);
}

/** Whether text is an id as Docker, containerd, CRI-O and podman make them. */
export function isEngineId(text: string): boolean {
  return ENGINE_ID.test(text);
}
