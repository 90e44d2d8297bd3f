import { displayName, shortId } from '../../../../api/containers/names.js';
import { shown } from './format.js';

type Attributes = Readonly<Record<string, string>>;

/** What a container is called on the page. */
export function containerLabel(attributes: Attributes | undefined): string {
  if (attributes === undefined) return 'unknown';
  const name = displayName(attributes);
  if (name !== '-') return shown(name);
  const id = attributes['container.id'];
  if (id !== undefined) return shown(shortId(id));
  const [first] = Object.values(attributes);
  return first === undefined ? 'unknown' : shown(first);
}

/** What the agent chooses it by; undefined: it has no name. */
export function containerChoice(attributes: Attributes | undefined): string | undefined {
  if (attributes === undefined) return undefined;
  return attributes['container.id'] ?? attributes['container.name'] ?? attributes['process.executable.name'];
}

/** Tells containers apart. */
export function containerKey(attributes: Attributes | undefined): string {
  const { 'container.id': id, 'container.namespace': namespace } = attributes ?? {};
  return JSON.stringify(id === undefined ? Object.entries(attributes ?? {}).sort() : [id, namespace]);
}
