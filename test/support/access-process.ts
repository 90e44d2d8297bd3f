/**
 * Applies inherited access as another user, who belongs to one group beside his own, and says what came of it.
 *
 *   node access-process.js PATH UPSTREAM UID GROUP
 */
import { lstatSync, writeFileSync } from 'node:fs';
import { setgid, setgroups, setuid } from 'node:process';
import { HeldFile } from '../../src/linux/held-file.js';
import { currentAccess, giveAccess, type SocketAccess } from '../../src/linux/socket-access.js';

const [path, upstream, uid, group] = process.argv.slice(2);

setgroups?.([Number(group)]);
setgid?.(Number(uid));
setuid?.(Number(uid));
writeFileSync(path, '', { mode: 0o600 });
const access: SocketAccess = { mode: 'inherit', owner: 'inherit', group: 'inherit' };
const refused = giveAccess(HeldFile.at(path), currentAccess(access, upstream), access);
const { mode, uid: owner, gid } = lstatSync(path);
console.log(JSON.stringify({ refused, mode: mode & 0o7777, owner, gid }));
