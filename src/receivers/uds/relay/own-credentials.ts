import { getgid, getuid } from 'node:process';

/** The real user and group of this process, whom the kernel names as the sender of messages if nobody else is named. */
export const OWN_UID = getuid?.() ?? 0;
export const OWN_GID = getgid?.() ?? 0;
