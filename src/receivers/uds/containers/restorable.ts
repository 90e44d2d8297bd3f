import { unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ControlPlace, leadsToControl } from '../../../layout/places.js';
import { isThere } from '../../../linux/files.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { attempt } from '../../../values/attempt.js';
import { isInside } from '../../../values/file-path.js';
import { checkMounts } from './check-mounts.js';
import { readRegistration, removeRegistration, type SavedRegistration } from './registration-file.js';
import { removeSocketFolder } from './socket-folder.js';

/** A container that has not appeared so long after its registration, in ms, never will, or has ended. */
const APPEAR_MS = 30_000;

/**
 * What an earlier process has left of a registration, if its container may still be there. The configuration may be another by
 * now, so what could command the agent is refused again. Whether its upstreams are there does not matter: they come back.
 */
export function restorable(
  folder: string,
  directory: string,
  controls: readonly ControlPlace[],
): SavedRegistration | undefined {
  const saved = readRegistration(folder);
  if (saved === undefined) return undefined;
  const { request, sockets, ageMs } = saved;
  const { livenessPath } = request;
  // Where the runtime keeps its state may be out of sight.
  const hasEnded =
    livenessPath !== undefined &&
    ageMs > APPEAR_MS &&
    !isThere(livenessPath) &&
    isThere(dirname(livenessPath));
  const real = realSocketPath(directory);
  const wanted = sockets.filter(
    ({ upstream }) => !leadsToControl(upstream, controls) && !isInside(realSocketPath(upstream), real),
  );
  if (hasEnded || wanted.length === 0 || reachesControl(request, controls)) {
    removeLeftovers(saved);
    return undefined;
  }
  return { ...saved, sockets: wanted };
}

function reachesControl(request: SavedRegistration['request'], controls: readonly ControlPlace[]): boolean {
  try {
    checkMounts(request, controls);
    return false;
  } catch {
    return true;
  }
}

/** Nobody is left who could have them mounted. */
function removeLeftovers({ folder, sockets }: SavedRegistration): void {
  for (const { listen } of sockets) attempt(() => unlinkSync(listen));
  removeRegistration(folder);
  removeSocketFolder(folder);
}
