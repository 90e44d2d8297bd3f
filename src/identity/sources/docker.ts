import { join } from 'node:path';
import { fields, type UnknownMap } from '../../values/map.js';
import { attributeValue, type ContainerAttributes } from './attributes.js';
import { readJsonMap } from './trusted-files.js';

/** Files below Docker's data root that it mounts over those of the image. Containers that share a network share them. */
const MOUNTED_FILE = /^(\/(?:.+\/)?containers)\/[0-9a-f]{64}\/(?:hostname|hosts|resolv\.conf)$/;

/** Where they are mounted. Other destinations are the user's, and may lead anywhere. */
const DESTINATIONS = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];

/**
 * Directories with a directory for each container of Docker, as the mounts of a container's specification tell them. `mounts`
 * must come from a file that only the engine can have written.
 */
export function dockerFolders(mounts: unknown): string[] {
  const sources = (Array.isArray(mounts) ? mounts : []).map(fields).flatMap(({ destination, source }) => {
    const folder = typeof source === 'string' ? MOUNTED_FILE.exec(source)?.[1] : undefined;
    return folder === undefined || !DESTINATIONS.includes(String(destination)) ? [] : [folder];
  });
  return [...new Set(sources)];
}

/** The attributes of container `id` according to Docker's own configuration file, in the first folder that has one. */
export function dockerAttributes(folders: readonly string[], id: string): ContainerAttributes {
  for (const folder of folders) {
    const container = readJsonMap(join(folder, id, 'config.v2.json'));
    if (container !== undefined) return attributesIn(container);
  }
  return {};
}

function attributesIn(container: UnknownMap): ContainerAttributes {
  const writtenName = container['Name'];
  // Docker stores names with a leading slash, from the time when containers had links: /web.
  const name = attributeValue(typeof writtenName === 'string' ? writtenName.replace(/^\//, '') : undefined);
  const image = attributeValue(fields(container['Config'])['Image']);
  return {
    ...(name === undefined ? {} : { 'container.name': name }),
    ...(image === undefined ? {} : { 'container.image.name': image }),
  };
}
