/** What is kept of all that is shared for those who have few. */
export interface Reserve {
  readonly size: number;
  /** Who has so many has no more of it. */
  readonly few: number;
}

/** The part of what is shared that is kept for those who have few. */
const RESERVED = 1 / 8;

export function reserveOf(size: number, few: number): Reserve {
  return { size: Math.floor(size * RESERVED), few };
}

/**
 * Whether one more of what all share may go to who holds `held`: as long as there are more left than are kept for those who
 * have few, or he has few. So however many there are who take much, who takes little finds room.
 *
 * @param limit for each.
 * @param room what is left for all.
 */
export function mayTake(held: number, limit: number, room: number, { size, few }: Reserve): boolean {
  return held < limit && (room > size || (room > 0 && held < few));
}
