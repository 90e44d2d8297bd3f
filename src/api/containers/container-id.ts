import { isContainerId } from '../../identity/container-id.js';
import { attributeValue } from '../../identity/sources/attributes.js';
import { accept, type Parsed, refuse } from '../../values/parsed.js';

/** Reads container.id: it becomes a part of paths, so it is checked before anything is done with it. */
export function parseContainerId(input: string): Parsed<string> {
  return isContainerId(input)
    ? accept(input)
    : refuse('is no container id; give up to 128 letters, digits and _ . + -, and none of those four first');
}

/** Reads what an id is unique in. It may be a path, and becomes an attribute. */
export function parseNamespace(input: string): Parsed<string> {
  return attributeValue(input) === input
    ? accept(input)
    : refuse('is no namespace; give one of containerd, or a path, of at most 256 printable characters');
}
