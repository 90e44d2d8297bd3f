import { RECV, SEND } from '../../../processors/capture/direction.js';
import { DROPPED_BY_OVERWRITING } from '../../../processors/capture/drops.js';
import { OperationFramer } from '../../../processors/capture/framing/operation-framer.js';
import { StreamFramer } from '../../../processors/capture/framing/stream-framer.js';
import { openRingWriter } from '../../../processors/capture/ring/fair-ring-writer.js';
import type { RecordWriter } from '../../../processors/capture/ring/record-writer.js';
import { createStrategy } from '../../../processors/capture/strategies/create-strategy.js';
import { loadStrategy } from '../../../processors/capture/strategies/load-module.js';
import { type CaptureSettings, moduleIn } from '../../../processors/capture/strategies/settings.js';
import { type CompleteStrategy, SKIP } from '../../../processors/capture/strategies/strategy.js';
import { Tap } from '../../../processors/capture/tap.js';
import type { TapState } from '../../../processors/capture/tap-state.js';
import type { ListenerCapture } from './messages.js';
import type { Taps } from './taps.js';

interface Loading {
  readonly capture: ListenerCapture;
  readonly done: () => void;
}

/** Puts taps on listeners, as the main thread wants it. */
export class Capturing {
  readonly #taps: Taps;
  readonly #state: TapState;
  readonly #failed: (listener: number, error: string) => void;
  readonly #lost = (account: number) => this.#state.dropped(account, DROPPED_BY_OVERWRITING);
  readonly #writers = new Map<number, RecordWriter>();
  /** What each listener is to be captured by, while its strategy is loaded, and who waits for that. */
  readonly #loading = new Map<number, Loading>();

  constructor(taps: Taps, state: TapState, failed: (listener: number, error: string) => void) {
    this.#taps = taps;
    this.#state = state;
    this.#failed = failed;
  }

  /** Whether a strategy is being loaded, for which the thread's own event loop must turn. */
  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  openRing(ring: number, memory: SharedArrayBuffer, doorbell: SharedArrayBuffer): void {
    this.#writers.set(ring, openRingWriter(memory, doorbell, this.#lost));
  }

  /** Whoever still captures into it, while another strategy is loaded, does so for nobody. */
  closeRing(ring: number): void {
    const writer = this.#writers.get(ring);
    this.#writers.delete(ring);
    if (writer !== undefined) this.#taps.removeAll(writer);
  }

  /**
   * Captures a listener's connections from now on, or as soon as what it takes is loaded; until then as before.
   * `done` is called when that is so, or will never be.
   */
  set(listener: number, capture: ListenerCapture | undefined, done = () => {}): void {
    this.#finishLoading(listener);
    const module = capture === undefined ? undefined : moduleIn(capture.settings.strategy);
    if (capture === undefined) {
      this.#taps.set(listener, undefined);
      done();
    } else if (module === undefined) {
      this.#taps.set(listener, { tap: this.#createTap(capture), capture });
      done();
    } else {
      this.#loading.set(listener, { capture, done });
      loadStrategy(module)
        .then((strategy) => this.#loaded(listener, capture, strategy))
        .catch((error) => this.#notLoaded(listener, capture, error));
    }
  }

  #loaded(listener: number, capture: ListenerCapture, strategy: CompleteStrategy): void {
    if (this.#loading.get(listener)?.capture !== capture) return;
    this.#taps.set(listener, { tap: this.#createTap(capture, strategy), capture });
    this.#finishLoading(listener);
  }

  #notLoaded(listener: number, capture: ListenerCapture, error: unknown): void {
    if (this.#loading.get(listener)?.capture !== capture) return;
    this.#taps.set(listener, undefined);
    this.#failed(listener, error instanceof Error ? error.message : String(error));
    this.#finishLoading(listener);
  }

  #finishLoading(listener: number): void {
    const loading = this.#loading.get(listener);
    this.#loading.delete(listener);
    loading?.done();
  }

  #createTap({ settings, ring }: ListenerCapture, loaded?: CompleteStrategy): Tap {
    const writer = this.#writers.get(ring);
    if (writer === undefined) throw new Error(`no ring ${ring} on this relay thread`);
    return new Tap(writer, this.#state, {
      strategy: createStrategy(settings.strategy, loaded),
      createFramer: needsUnits(settings)
        ? () => new StreamFramer(this.#state.meter)
        : () => new OperationFramer(),
      directions: settings.directions.map((direction) => (direction === 'send' ? SEND : RECV)),
      tailBytes: settings.tailBytes,
      plainLimit: settings.strategy.type === 'size_limit' ? settings.strategy.maxBytes : SKIP,
    });
  }
}

/** Who keeps everything need not know where messages begin. */
function needsUnits({ per, strategy }: CaptureSettings): boolean {
  return per === 'message' && !(strategy.type === 'size_limit' && strategy.maxBytes === Infinity);
}
