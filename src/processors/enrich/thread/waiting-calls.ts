import { idOfOtherType, sameWhenRounded } from '../../../protocols/alike-ids.js';
import type { CallId } from '../../../protocols/protocol.js';
import type { PendingCall } from './pending-calls.js';

/** Calls of one direction that wait, to be found by their ids. What is taken is the client's no more. */
export class WaitingCalls {
  /** The first with an id; those with the same are one behind the other. */
  readonly #firstOf = new Map<CallId, PendingCall>();
  /** In order. */
  readonly #withUnknownId = new Set<PendingCall>();
  size = 0;

  get unknownIds(): number {
    return this.#withUnknownId.size;
  }

  /** Returns the first call with the same id, if there is one. */
  add(call: PendingCall): PendingCall | undefined {
    this.size++;
    const { id } = call.request;
    if (id === undefined) {
      this.#withUnknownId.add(call);
      return undefined;
    }
    const first = this.#firstOf.get(id);
    if (first === undefined) {
      this.#firstOf.set(id, call);
    } else {
      first.lastOfId.nextOfId = call;
      first.lastOfId = call;
    }
    return first;
  }

  /** Takes the first of those with an id. */
  take(id: CallId): PendingCall | undefined {
    const call = this.#firstOf.get(id);
    if (call === undefined) return undefined;
    const { nextOfId } = call;
    if (nextOfId === undefined) {
      this.#firstOf.delete(id);
    } else {
      nextOfId.lastOfId = call.lastOfId;
      this.#firstOf.set(id, nextOfId);
    }
    return this.#taken(call);
  }

  /** The call that a program means which answers with this id though none has it: it changes types, or rounds. */
  takeAlike(id: CallId): PendingCall | undefined {
    const other = idOfOtherType(id);
    const call = other === undefined ? undefined : this.take(other);
    if (call !== undefined) return call;
    const rounded = sameWhenRounded(id, this.#firstOf.keys());
    return rounded === undefined ? undefined : this.take(rounded);
  }

  /** A call that waits; of several with its id the first, for which the answer comes first. */
  remove(call: PendingCall): PendingCall | undefined {
    const { id } = call.request;
    if (id !== undefined) return this.take(id);
    return this.#withUnknownId.delete(call) ? this.#taken(call) : undefined;
  }

  /** One of those that have waited longest. */
  oldest(isIdUnknown: boolean): PendingCall | undefined {
    const [unknown] = this.#withUnknownId;
    const [known] = isIdUnknown ? [] : this.#firstOf.values();
    if (known === undefined || unknown === undefined) return known ?? unknown;
    return known.number < unknown.number ? known : unknown;
  }

  /** Takes those that are chosen. */
  takeThose(isChosen: (call: PendingCall) => boolean): PendingCall[] {
    return [...this.#takeKnown(isChosen), ...this.takeUnknown(isChosen)];
  }

  /** Takes those that are chosen of the calls whose ids are not known. They are few. */
  takeUnknown(isChosen: (call: PendingCall) => boolean): PendingCall[] {
    const taken = [...this.#withUnknownId].filter(isChosen);
    for (const call of taken) this.remove(call);
    return taken;
  }

  #takeKnown(isChosen: (call: PendingCall) => boolean): PendingCall[] {
    const taken: PendingCall[] = [];
    for (const [id, first] of this.#firstOf) {
      // Those with one id are in order, ids are not: one that is used again keeps its place.
      let call: PendingCall | undefined = first;
      while (call !== undefined && isChosen(call)) {
        this.take(id);
        taken.push(call);
        call = call.nextOfId;
      }
    }
    return taken;
  }

  #taken(call: PendingCall): PendingCall {
    this.size--;
    call.calls?.remove(call);
    return call;
  }
}
