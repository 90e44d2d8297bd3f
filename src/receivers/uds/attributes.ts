import type { Attributes } from '@opentelemetry/api';
import type { UdsSocketConfig } from './config.js';

/**
 * Attributes of a socket's series. Of what is known about the container, its id, name and image become
 * attributes as far as `selected` lists them; attributes the user wrote for it by hand always do.
 */
export function socketAttributes(socket: UdsSocketConfig, selected: readonly string[]): Attributes {
  const { container } = socket;
  const attributes: Attributes = { 'uds.socket.name': socket.name, 'uds.socket.path': socket.upstream };
  if (container === null) return attributes;
  Object.assign(attributes, container.attributes);
  const known = {
    'container.id': container.id,
    'container.name': container.name,
    'container.image.name': container.image,
  };
  for (const [key, value] of Object.entries(known)) {
    if (value !== undefined && selected.includes(key)) attributes[key] = value;
  }
  return attributes;
}
