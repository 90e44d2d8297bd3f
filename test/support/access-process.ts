/**
 * Applies inherited access as another user, who belongs to one group beside his own, and says what came of it.
 *
 *   node access-process.js PATH UPSTREAM UID GROUP
 */
import { lstatSync, writeFileSync } from 'node:fs';
import { setgid, setgroups, setuid } from 'node:process';
import { applyAccess } from '../../src/receivers/uds/socket-access.js';

const [path, upstream, uid, group] = process.argv.slice(2);

setgroups?.([Number(group)]);
setgid?.(Number(uid));
setuid?.(Number(uid));
writeFileSync(path, '', { mode: 0o600 });
const outcome = applyAccess(path, { mode: 'inherit', owner: 'inherit', group: 'inherit' }, upstream);
const { mode, uid: owner, gid } = lstatSync(path);
console.log(JSON.stringify({ ...outcome, mode: mode & 0o7777, owner, gid }));
