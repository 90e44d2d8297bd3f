import { basename, join } from 'node:path';
import { readKernelText } from '../../linux/files.js';
import { mountNamespace } from '../host-view.js';
import { type EngineFile, engineFiles, placeOfPath } from '../mountinfo.js';
import type { ProcessSnapshot } from '../process-snapshot.js';
import type { HostFiles } from './host-files.js';
import { expand } from './trusted-files.js';
import { findTrusted, ownOwners } from './trusted-path.js';

/**
 * The container of a process, found by an engine's file that is mounted there. The mount gives the device and path of
 * its source, which must be those of the engine's own file. A similar path that somebody else created differs in one of
 * them.
 */
export function containerOfMounts(
  { pid, mountNamespace: namespace }: ProcessSnapshot,
  files: HostFiles,
): string | undefined {
  const { proc } = files;
  const text = readKernelText(join(proc, String(pid), 'mountinfo'));
  // The pid may have been reused by a process in another mount namespace.
  if (text === undefined || mountNamespace(proc, String(pid)) !== namespace) return undefined;
  const own = readKernelText(join(proc, 'self', 'mountinfo')) ?? '';
  return engineFiles(text).find((file) => isEnginesOwn(file, files, own))?.id;
}

function isEnginesOwn(file: EngineFile, { bundles, dockerContainers }: HostFiles, own: string): boolean {
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
