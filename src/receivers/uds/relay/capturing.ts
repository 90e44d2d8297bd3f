import { createTap } from '../../../processors/capture/create-tap.js';
import { DROPPED_BY_OVERWRITING } from '../../../processors/capture/drops.js';
import { RecordClock } from '../../../processors/capture/record-clock.js';
import { openRingWriter } from '../../../processors/capture/ring/fair-ring-writer.js';
import type { RecordWriter } from '../../../processors/capture/ring/record-writer.js';
import { createStrategy } from '../../../processors/capture/strategies/create-strategy.js';
import { Whole } from '../../../processors/capture/strategy-thread/whole.js';
import type { Tap } from '../../../processors/capture/tap.js';
import type { TapState } from '../../../processors/capture/tap-state.js';
import { FRAMINGS } from '../../../protocols/framings.js';
import type { ListenerCapture } from './messages.js';
import type { Taps } from './taps.js';

/** Puts taps on listeners, as the main thread wants it. */
export class Capturing {
  readonly clock = new RecordClock();
  readonly #taps: Taps;
  readonly #state: TapState;
  readonly #lost = (account: number) => this.#state.dropped(account, DROPPED_BY_OVERWRITING);
  readonly #writers = new Map<number, RecordWriter>();

  constructor(taps: Taps, state: TapState) {
    this.#taps = taps;
    this.#state = state;
  }

  openRing(ring: number, memory: SharedArrayBuffer, doorbell: SharedArrayBuffer): void {
    this.#writers.set(ring, openRingWriter(memory, doorbell, this.#lost, this.clock.now));
  }

  closeRing(ring: number): void {
    const writer = this.#writers.get(ring);
    this.#writers.delete(ring);
    if (writer !== undefined) this.#taps.removeAll(writer);
  }

  /** Captures a listener's connections from now on, those that are open included. */
  set(listener: number, capture: ListenerCapture | undefined): void {
    if (capture === undefined) this.#taps.set(listener, undefined);
    else
      this.#taps.set(listener, { tap: this.#createTap(listener, capture), generation: capture.generation });
  }

  #createTap(listener: number, { settings, ring, isWhole = false }: ListenerCapture): Tap {
    const writer = this.#writers.get(ring);
    if (writer === undefined) throw new Error(`no ring ${ring} on this relay thread`);
    const strategy = isWhole ? new Whole(listener) : createStrategy(settings.strategy);
    return createTap(writer, this.#state, settings, strategy, FRAMINGS);
  }
}
