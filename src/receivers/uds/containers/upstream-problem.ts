import { statSync } from 'node:fs';
import { type ControlPlace, IS_CONTROL, leadsToControl } from '../../../layout/places.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { socketPathProblem } from '../../../linux/sockaddr.js';
import { type AnnotatedSocket, isInside } from '../../../runtime/annotated-sockets.js';
import { attempt } from '../../../values/attempt.js';
import { quote } from '../../../values/quote.js';

/**
 * Why something cannot be relayed to, in words that follow its path in the container.
 *
 * @param directory where sockets of containers are made
 */
export function upstreamProblem(
  upstream: string,
  directory: string,
  controls: readonly ControlPlace[],
): string | undefined {
  const problem = socketPathProblem(upstream);
  if (problem !== undefined) return `leads to ${quote(upstream)}, which ${problem}`;
  if (leadsToControl(upstream, controls)) return `leads to ${quote(upstream)}, which ${IS_CONTROL}`;
  if (upstream.startsWith('@')) return undefined;
  if (realSocketPath(upstream).startsWith(`${realSocketPath(directory)}/`))
    return `leads to ${quote(upstream)}, a relay socket of udscope itself`;
  const stats = attempt(() => statSync(upstream));
  return stats === undefined || stats.isSocket()
    ? undefined
    : `leads to ${quote(upstream)}, which is not a socket`;
}

/** The same of a socket that an annotation names. */
export function annotatedProblem(
  { upstream, within }: AnnotatedSocket,
  directory: string,
  controls: readonly ControlPlace[],
): string | undefined {
  const problem = upstreamProblem(upstream, directory, controls);
  if (problem !== undefined) return problem;
  // The runtime could not mount what is not there.
  if (attempt(() => statSync(upstream)) === undefined) return `leads to ${quote(upstream)}, where nothing is`;
  // Who has the directory mounted may have put a link there, which leads elsewhere in the container.
  if (isInside(realSocketPath(upstream), realSocketPath(within))) return undefined;
  return `leads to ${quote(upstream)}, and out of the mounted directory by a symbolic link`;
}
