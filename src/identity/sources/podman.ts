import { join } from 'node:path';
import { attempt } from '../../values/attempt.js';
import { fields, isMap, type UnknownMap } from '../../values/map.js';
import { attributeValue, type ContainerAttributes } from './attributes.js';
import { MAX_STATE_BYTES, readJson } from './trusted-files.js';

/** A bundle of podman, below the directory of its storage driver: `GRAPHROOT/overlay-containers/ID/userdata`. */
const BUNDLE = /^(\/.*\/[a-z0-9]+-containers)\/[0-9a-f]{64}\/userdata$/;

/** podman's lists of containers. The second one has those that are not to survive a restart of the host (`--rm`). */
const LISTS = ['containers.json', 'volatile-containers.json'];

/** What podman writes into the specifications of its containers. CRI-O, which has the same storage, writes another name. */
const MANAGER = { annotation: 'io.container.manager', value: 'libpod' };

/** The attributes of container `id` according to podman's storage, if podman has made its bundle. */
export function podmanAttributes(
  id: string,
  annotations: unknown,
  bundle: string | undefined,
): ContainerAttributes {
  const folder = BUNDLE.exec(bundle ?? '')?.[1];
  if (folder === undefined || fields(annotations)[MANAGER.annotation] !== MANAGER.value) return {};
  for (const list of LISTS) {
    const container = containersIn(join(folder, list)).find((each) => each['id'] === id);
    if (container !== undefined) return attributesIn(container);
  }
  return {};
}

function containersIn(path: string): UnknownMap[] {
  const list = readJson(path, MAX_STATE_BYTES);
  return Array.isArray(list) ? list.filter(isMap) : [];
}

/** The image is in a text of JSON that podman leaves with the storage. */
function attributesIn({ names, metadata }: UnknownMap): ContainerAttributes {
  const written = typeof metadata === 'string' ? attempt((): unknown => JSON.parse(metadata)) : undefined;
  const name = attributeValue(Array.isArray(names) ? names[0] : undefined);
  const image = attributeValue(fields(written)['image-name']);
  return {
    ...(name === undefined ? {} : { 'container.name': name }),
    ...(image === undefined ? {} : { 'container.image.name': image }),
  };
}
