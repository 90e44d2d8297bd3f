import { join } from 'node:path';
import { fields } from '../../values/map.js';
import { attributeValue, type ContainerAttributes } from './attributes.js';
import { readJsonMap } from './trusted-files.js';

/** The attributes of container `id` according to Docker's own configuration file. */
export function dockerAttributes(folder: string, id: string): ContainerAttributes {
  const container = fields(readJsonMap(join(folder, id, 'config.v2.json')));
  const writtenName = container['Name'];
  // Docker stores names with a leading slash, from the time when containers had links: /web.
  const name = attributeValue(typeof writtenName === 'string' ? writtenName.replace(/^\//, '') : undefined);
  const image = attributeValue(fields(container['Config'])['Image']);
  return {
    ...(name === undefined ? {} : { 'container.name': name }),
    ...(image === undefined ? {} : { 'container.image.name': image }),
  };
}
