/* What a request for a container may have. The wrapper keeps to it, too; nothing is imported, which would take it time. */

/** Sockets of one container. */
export const MAX_SOCKETS = 64;

export const MAX_MOUNTS = 1024;

/** PATH_MAX without its terminating NUL, linux/limits.h. */
export const MAX_PATH_BYTES = 4095;
