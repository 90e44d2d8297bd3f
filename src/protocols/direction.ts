/** Where bytes come from, as the container sees it. The values are those of a connection's two ends. */
export const SEND = 0;
export const RECV = 1;

export type Direction = typeof SEND | typeof RECV;
