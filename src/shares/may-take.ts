/**
 * One may hold so many times as much as is left. Of `room` in all, one who holds much stops at 8/9 of it, n of them at
 * 8/(8n + 1) each: however many they are, who has little finds room.
 */
const PARTS_OF_ROOM = 8;

/** Whether one more of what all share may go to who holds `held`. `limit`: for each; `room`: what is left. */
export function mayTake(held: number, limit: number, room: number): boolean {
  return held < limit && held < room * PARTS_OF_ROOM;
}
