import { accountRefusal } from '../../values/account.js';
import type { ConfiguredComponent, Finding, Path } from '../../values/finding.js';
import { fields } from '../../values/map.js';
import { quote } from '../../values/quote.js';

/**
 * Finds accounts that do not exist, of the receivers that are used. Only what is certain is said: whether the agent may
 * change an owner depends on the user that it will run as.
 */
export function checkAccounts(receivers: readonly ConfiguredComponent[]): Finding[] {
  return receivers.filter(({ used }) => used).flatMap(checkReceiver);
}

function checkReceiver({ path, body }: ConfiguredComponent): Finding[] {
  const sockets = fields(body)['sockets'];
  if (!Array.isArray(sockets)) return [];
  return sockets.flatMap((socket: unknown, index) => {
    const at = [...path, 'sockets', index];
    const { owner, group } = fields(socket);
    return [
      ...checkAccount('user', owner, [...at, 'owner']),
      ...checkAccount('group', group, [...at, 'group']),
    ];
  });
}

function checkAccount(kind: 'user' | 'group', account: unknown, path: Path): Finding[] {
  const refusal = account === 'inherit' ? undefined : accountRefusal(kind, account);
  return refusal === undefined ? [] : [{ path, message: `${quote(String(account))} ${refusal}` }];
}
