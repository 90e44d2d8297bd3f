import { accountRefusal } from '../../values/account.js';
import type { ConfiguredComponent, Finding } from '../../values/finding.js';
import { fields } from '../../values/map.js';
import { quote } from '../../values/quote.js';

/** Finds groups that this machine does not have. */
export function checkGroups(controls: readonly ConfiguredComponent[]): Finding[] {
  return controls
    .filter(({ used }) => used)
    .flatMap(({ path, body }) => {
      const { group, allow } = fields(body);
      const allowed = (Array.isArray(allow) ? allow : []).map((each: unknown, index) => ({
        name: typeof each === 'string' && each.startsWith('@') ? each.slice(1) : undefined,
        at: [...path, 'allow', index],
      }));
      return [{ name: group, at: [...path, 'group'] }, ...allowed].flatMap(({ name, at }) => {
        const refusal = accountRefusal('group', name);
        return refusal === undefined ? [] : [{ path: at, message: `${quote(String(name))} ${refusal}` }];
      });
    });
}

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
