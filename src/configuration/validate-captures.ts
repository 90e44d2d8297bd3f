import type { Finding, Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { parseIdentifier } from './identifiers.js';
import { idsAt, PIPELINES } from './pipeline-lists.js';
import { socketCaptures } from './socket-captures.js';
import { entriesAt, type TreeNode } from './tree.js';

/*
 * A socket is captured once and decoded once, however many pipelines use the result, so all of them must name the
 * same processors.
 */

const ONCE_TYPES = ['capture', 'enrich'] as const;

type OnceType = (typeof ONCE_TYPES)[number];

export function checkCaptures(root: TreeNode): Finding[] {
  const pipelines = [...entriesAt(root, PIPELINES).keys()];
  return [
    ...pipelines.flatMap((id) => ONCE_TYPES.flatMap((type) => checkOnce(root, id, type))),
    ...ONCE_TYPES.flatMap((type) => checkAgreement(root, pipelines, type)),
    ...checkSockets(root),
  ];
}

function processorsOf(root: TreeNode, pipeline: string, type: OnceType) {
  const path: Path = [...PIPELINES, pipeline, 'processors'];
  return idsAt(root, path)
    .filter(({ id }) => parseIdentifier(id)?.type === type)
    .map(({ id, index }) => ({ id, path: [...path, index] }));
}

function checkOnce(root: TreeNode, pipeline: string, type: OnceType): Finding[] {
  const [first, ...others] = processorsOf(root, pipeline, type);
  return others
    .filter(({ id }) => id !== first?.id)
    .map(({ path }) => ({ path, message: `is a second ${type} processor; a pipeline has one at most` }));
}

function checkAgreement(root: TreeNode, pipelines: readonly string[], type: OnceType): Finding[] {
  const chosen = new Map<string, { id: string; path: Path }>();
  return pipelines.flatMap((pipeline) => {
    const [processor] = processorsOf(root, pipeline, type);
    if (processor === undefined) return [];
    return idsAt(root, [...PIPELINES, pipeline, 'receivers']).flatMap(({ id: receiver }) => {
      const earlier = chosen.get(receiver);
      if (earlier === undefined) chosen.set(receiver, processor);
      if (earlier === undefined || earlier.id === processor.id) return [];
      const words = `${quote(processor.id)} cannot be used for receiver ${quote(receiver)}`;
      const message = `${words}: pipelines of one receiver share one ${type} processor, which is ${quote(earlier.id)} at`;
      return [{ path: processor.path, message, other: earlier.path }];
    });
  });
}

/** Checks only processors that are configured; checkPipelines reports the others. */
function checkSockets(root: TreeNode): Finding[] {
  const configured = entriesAt(root, ['processors']);
  return socketCaptures(root)
    .filter(({ id }) => configured.has(id) && parseIdentifier(id)?.type !== 'capture')
    .map(({ id, path }) => ({ path, message: `${quote(id)} is not the id of a capture processor` }));
}
