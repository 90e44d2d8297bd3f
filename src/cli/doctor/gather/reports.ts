import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  MAX_REPORT_BYTES,
  reportDirectory,
  UNFINISHED,
  UNMONITORED_REASONS,
  type UnmonitoredReport,
} from '../../../api/containers/unmonitored.js';
import { readRegularFile } from '../../../linux/files.js';
import { SilentMounts } from '../../../linux/silent-mounts.js';
import { attempt } from '../../../values/attempt.js';
import { fields } from '../../../values/map.js';

/** Reports that are shown. */
const MAX_SHOWN = 20;

/** What the runtime wrapper has left for an agent that has not read it yet; undefined: this user may not look. Nothing is removed. */
export function waitingReports(
  control: string,
  mounts = new SilentMounts(),
): UnmonitoredReport[] | undefined {
  const folder = reportDirectory(control);
  if (mounts.onTheWayTo(folder) !== undefined) return undefined;
  try {
    const names = readdirSync(folder).filter((name) => !name.startsWith(UNFINISHED));
    return names.slice(0, MAX_SHOWN).flatMap((name) => reportIn(join(folder, name)) ?? []);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined;
  }
}

function reportIn(path: string): UnmonitoredReport | undefined {
  const text = readRegularFile(path, MAX_REPORT_BYTES, () => true);
  if (text === undefined) return undefined;
  const { reason, container, why } = fields(attempt((): unknown => JSON.parse(text)));
  return {
    reason: UNMONITORED_REASONS.find((each) => each === reason) ?? '_OTHER',
    ...(typeof container === 'string' && { container }),
    ...(typeof why === 'string' && { why }),
  };
}
