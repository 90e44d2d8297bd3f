/** The part of a shared resource that is kept for clients that hold little of it. */
export interface Reserve {
  readonly size: number;
  /** Clients that hold at least this many may not use the reserve. */
  readonly few: number;
}

/** Size of the reserve as a part of the whole. */
const RESERVED = 1 / 8;

export function reserveOf(size: number, few: number): Reserve {
  return { size: Math.floor(size * RESERVED), few };
}

/**
 * Whether a client that holds `held` units may take one more. Yes if more is left than the reserve, or if the client
 * holds few. So a client that takes little finds room, however many others take much.
 *
 * @param limit units that one client may hold
 * @param room units that are left for all clients
 */
export function mayTake(held: number, limit: number, room: number, { size, few }: Reserve): boolean {
  return held < limit && (room > size || (room > 0 && held < few));
}
