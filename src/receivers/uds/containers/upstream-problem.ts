import { statSync } from 'node:fs';
import type { ContainerSocketRequest } from '../../../api/agent.js';
import { type ControlPlace, IS_CONTROL, leadsToControl } from '../../../layout/places.js';
import { silentPaths } from '../../../layout/silent-paths.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { attempt } from '../../../values/attempt.js';
import { isInside } from '../../../values/file-path.js';
import { quote } from '../../../values/quote.js';

/**
 * Why a socket cannot be relayed, in words that follow its path in the container.
 *
 * @param directory where sockets of containers are made
 */
export function upstreamProblem(
  { upstream, within }: ContainerSocketRequest,
  directory: string,
  controls: readonly ControlPlace[],
): string | undefined {
  const leads = `leads to ${quote(upstream)}`;
  const [silent] = silentPaths([{ path: upstream, at: undefined }]);
  if (silent !== undefined) return `${leads}, which ${silent.message}`;
  if (leadsToControl(upstream, controls)) return `${leads}, which ${IS_CONTROL}`;
  if (upstream.startsWith('@')) return within === undefined ? undefined : `${leads}, which no mount leads to`;
  const real = realSocketPath(upstream);
  if (real.startsWith(`${realSocketPath(directory)}/`)) return `${leads}, a relay socket of udscope itself`;
  const stats = attempt(() => statSync(upstream));
  if (stats?.isSocket() === false) return `${leads}, which is not a socket`;
  if (within === undefined) return undefined;
  // The runtime could not mount what is not there.
  if (stats === undefined) return `${leads}, where nothing is`;
  // A container can put a link into the mounted directory that leads elsewhere on the host than in there.
  return isInside(real, realSocketPath(within))
    ? undefined
    : `${leads}, and out of the mounted directory by a symbolic link`;
}
