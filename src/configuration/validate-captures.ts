import type { Finding } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { type Reference, socketCaptures, type WrittenPipeline } from './pipelines.js';
import { entriesAt, type TreeNode } from './tree.js';

/*
 * A socket is captured once and decoded once, however many pipelines use the result, so all of them must name the
 * same processors.
 */

const ONCE_TYPES = ['capture', 'enrich'] as const;

type OnceType = (typeof ONCE_TYPES)[number];

export function checkCaptures(root: TreeNode, pipelines: readonly WrittenPipeline[]): Finding[] {
  return [
    ...pipelines.flatMap((pipeline) => ONCE_TYPES.flatMap((type) => checkOnce(pipeline, type))),
    ...ONCE_TYPES.flatMap((type) => checkAgreement(pipelines, type)),
    ...checkSockets(root),
  ];
}

function processorsOf({ processors }: WrittenPipeline, type: OnceType): Reference[] {
  return processors.filter((processor) => processor.type === type);
}

function checkOnce(pipeline: WrittenPipeline, type: OnceType): Finding[] {
  const [first, ...others] = processorsOf(pipeline, type);
  return others
    .filter(({ id }) => id !== first?.id)
    .map(({ at }) => ({ path: at, message: `is a second ${type} processor; a pipeline has one at most` }));
}

function checkAgreement(pipelines: readonly WrittenPipeline[], type: OnceType): Finding[] {
  const chosen = new Map<string, Reference>();
  return pipelines.flatMap((pipeline) => {
    const [processor] = processorsOf(pipeline, type);
    if (processor === undefined) return [];
    return pipeline.receivers.flatMap(({ id: receiver }) => {
      const earlier = chosen.get(receiver);
      if (earlier === undefined) chosen.set(receiver, processor);
      if (earlier === undefined || earlier.id === processor.id) return [];
      const words = `${quote(processor.id)} cannot be used for receiver ${quote(receiver)}`;
      const message = `${words}: pipelines of one receiver share one ${type} processor, which is ${quote(earlier.id)} at`;
      return [{ path: processor.at, message, other: earlier.at }];
    });
  });
}

/** Checks only processors that are configured; checkPipelines reports the others. */
function checkSockets(root: TreeNode): Finding[] {
  const configured = entriesAt(root, ['processors']);
  return socketCaptures(root)
    .filter(({ id, type }) => configured.has(id) && type !== 'capture')
    .map(({ id, path }) => ({ path, message: `${quote(id)} is not the id of a capture processor` }));
}
