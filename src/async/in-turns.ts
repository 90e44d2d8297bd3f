import { setImmediate as nextTurn } from 'node:timers/promises';

/** Items one after the other, each made when it is asked for, with whatever else the thread has to do between them. */
export async function* inTurns<Item>(items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  for (const item of items) {
    yield item;
    await nextTurn();
  }
}
