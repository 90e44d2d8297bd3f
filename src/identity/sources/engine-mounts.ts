import { basename, join } from 'node:path';
import { readKernelText } from '../../linux/files.js';
import { mountNamespace } from '../host-view.js';
import { type EngineFile, engineFiles, placeOfPath } from '../mountinfo.js';
import type { ProcessSnapshot } from '../process-snapshot.js';
import type { HostFiles } from './host-files.js';
import { expand } from './trusted-files.js';
import { findTrusted, ownOwners } from './trusted-path.js';

/**
 * The container in which a process is, by a file of its engine that is mounted there. The mount says where in which file
 * system the file lies, which is compared with the place of the engine's own file of that name. A path that only looks
 * alike, as anybody can make one, is another place.
 */
export function containerOfMounts(
  { pid, mountNamespace: namespace }: ProcessSnapshot,
  files: HostFiles,
): string | undefined {
  const { proc } = files;
  const text = readKernelText(join(proc, String(pid), 'mountinfo'));
  // The number may have passed to a process in another one since.
  if (text === undefined || mountNamespace(proc, String(pid)) !== namespace) return undefined;
  const own = readKernelText(join(proc, 'self', 'mountinfo')) ?? '';
  return engineFiles(text).find((file) => isOfEngine(file, files, own))?.id;
}

function isOfEngine(file: EngineFile, { bundles, dockerContainers }: HostFiles, own: string): boolean {
  const { id, device, source } = file;
  const folders = [
    join(dockerContainers, id),
    ...bundles.flatMap((pattern) => expand(pattern.replaceAll('{id}', () => id)).map(({ path }) => path)),
  ];
  return folders.some((folder) => {
    const found = findTrusted(join(folder, basename(source)), { owners: ownOwners() });
    const place = 'problem' in found ? undefined : placeOfPath(found.path, own);
    return place?.device === device && place.source === source;
  });
}
