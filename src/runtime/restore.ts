import { cleanPath, isInside } from '../values/file-path.js';
import type { Replaced } from './before-rewriting.js';
import { type Edit, removeItem, removeMember, replaceValue } from './json-edit.js';
import { itemsOf } from './json-text.js';
import type { Replacement } from './rewrite-record.js';
import type { Specification, SpecifiedMount } from './specification.js';

/*
 * Takes back what an earlier rewriting did. A relay socket is dead without its agent, and a container that may run unmonitored
 * must have the real socket.
 */

/**
 * Whether the rewrite record is believed of a mount. Anyone who can annotate a container can write one, and name any file of the
 * host in it. It is believed where the mount is one of a socket in the agent's own directory, which only the wrapper mounts.
 */
export function canRestore({ listen }: Replacement, agentDirectory: string): boolean {
  return listen === cleanPath(listen) && listen !== agentDirectory && isInside(listen, agentDirectory);
}

/** Makes the mount what it was before. A mount that was added is removed. */
export function restoreEdits({ replacement, index }: Replaced, specification: Specification): Edit[] {
  const { text, mounts, mountsSpan } = specification;
  if (replacement.added) return removeItem(text, mountsSpan!, index);
  const mount = mounts[index]!;
  return [replaceValue(mount.sourceSpan!, replacement.source), ...restoreOptions(mount, replacement, text)];
}

function restoreOptions(mount: SpecifiedMount, { options: before }: Replacement, text: string): Edit[] {
  const { span, optionsSpan, options = [] } = mount;
  if (before === undefined || optionsSpan === undefined) return [];
  if (before === null) return removeMember(text, span, 'options');
  const items = itemsOf(text, optionsSpan);
  if (items.length === before.length + 1 && options.at(-1) === 'ro') {
    return before.length === 0
      ? [replaceValue(optionsSpan, before)]
      : removeItem(text, optionsSpan, items.length - 1);
  }
  if (items.length !== before.length) return [replaceValue(optionsSpan, before)];
  return items.flatMap((item, i) => (options[i] === before[i] ? [] : [replaceValue(item, before[i])]));
}
