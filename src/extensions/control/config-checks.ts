import type { ConfiguredComponent, Finding } from '../../values/finding.js';
import { fields } from '../../values/map.js';

/** A group that may connect and may not command is most likely a mistake. */
export function warnOfGroup({ path, body }: ConfiguredComponent): Finding[] {
  const { group, allow } = fields(body);
  if (group === undefined || group === null || group === '') return [];
  const isSaid =
    Array.isArray(allow) && allow.some((each) => typeof each === 'string' && each.startsWith('@'));
  if (isSaid) return [];
  return [
    {
      path: [...path, 'group'],
      message: `its members may connect and are then refused: allow lists no group; add "@${group}" to it`,
    },
  ];
}
