import type { Acceptor } from './acceptor.js';
import type { Capturing } from './capturing.js';
import type { Flows } from './flows.js';
import { type Listener, UNKNOWN } from './listener.js';
import type { ListenerCapture, RelayReport } from './messages.js';
import { Seldom } from './seldom.js';

/** How often it is reported of a client that it is turned away, in ms. */
const OVER_SHARE_REPORT_MS = 60_000;

/** Clients that are refused come as often as they like: one is reported in so many ms. */
const REFUSAL_REPORT_MS = 60_000;

/** What carries the datagrams of listeners. */
export interface DatagramCarrier {
  /** Carries what is sent to a listener's socket from now on. */
  add(listener: Listener): void;
  /** Reads what is there still, and no more. `stopped`: another thread may read the socket from now on. */
  stop(listener: Listener, stopped: () => void): void;
  /** The last sender of a listener is gone, and nothing is read of it. */
  end(listener: Listener): void;
}

/** What a listener works with on its thread. */
export interface ListenersSettings {
  readonly acceptor: Acceptor;
  readonly capturing: Capturing;
  readonly flows: Flows;
  datagrams(): DatagramCarrier;
  report(report: RelayReport): void;
}

/** The listeners of a relay thread, from the first connection to the last. */
export class Listeners {
  readonly #settings: ListenersSettings;
  readonly #byId = new Map<number, Listener>();
  readonly #clientsOverShare = new Seldom(OVER_SHARE_REPORT_MS);

  constructor(settings: ListenersSettings) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** undefined when it has ended. */
  find(id: number): Listener | undefined {
    return this.#byId.get(id);
  }

  get(id: number): Listener {
    const listener = this.#byId.get(id);
    if (listener === undefined) throw new Error(`no listener ${id} on this relay thread`);
    return listener;
  }

  /** Accepts from now on, if it is this thread that does. */
  add(listener: Listener, capture: ListenerCapture | undefined, change: number): void {
    this.#byId.set(listener.id, listener);
    if (capture !== undefined) this.capture(listener.id, capture, change);
    if (!listener.isHere) return;
    if (listener.type === 'dgram') this.#settings.datagrams().add(listener);
    else this.#settings.acceptor.add(listener);
  }

  /** Accepts from now on in place of another thread, or no more since another one does. Not of datagrams: one thread alone keeps them in order. */
  setHome(id: number, isHere: boolean): void {
    const listener = this.#byId.get(id);
    if (listener === undefined || !listener.listening) return;
    const { acceptor, report } = this.#settings;
    if (isHere && !listener.isHere) {
      listener.upstreamError = UNKNOWN;
      acceptor.add(listener);
    } else if (!isHere && listener.isHere) acceptor.remove(listener);
    listener.isHere = isHere;
    if (isHere) report({ type: 'at_home', listener: id });
  }

  /** Has a listener captured otherwise, and reports when it is. */
  capture(id: number, capture: ListenerCapture | undefined, change: number): void {
    const { capturing, report } = this.#settings;
    if (this.#byId.has(id)) capturing.set(id, capture);
    report({ type: 'capturing', change });
  }

  /** Accepts no more. `isLast`: as of the command. */
  unlisten(listener: Listener, isLast: boolean): void {
    listener.listening = false;
    listener.isLast = isLast;
    if (listener.isHere && listener.type === 'dgram') {
      this.#settings.datagrams().stop(listener, () => this.#unlistened(listener));
      return;
    }
    if (listener.isHere) this.#settings.acceptor.remove(listener);
    this.#unlistened(listener);
  }

  /** Nothing of it comes from other threads any more. */
  lastArrived(id: number): void {
    const listener = this.#byId.get(id);
    if (listener === undefined) return;
    listener.mayArrive = false;
    this.#endIfUnused(listener);
  }

  /** One of its connections has ended. */
  closed(listener: Listener): void {
    listener.connections--;
    this.#endIfUnused(listener);
  }

  /** Reports changes only: an upstream that is down must not flood the log. */
  noteUpstream(listener: Listener, error: string | undefined): void {
    if (listener.upstreamError === error) return;
    listener.upstreamError = error;
    this.#settings.report({ type: 'upstream', listener: listener.id, error });
  }

  /** Reports one of many: a client that may not connect must not flood the log. */
  noteRefusal(listener: Listener, user: number, reason: string, nowMs: number): void {
    if (nowMs < listener.refusalReportMs) return;
    listener.refusalReportMs = nowMs + REFUSAL_REPORT_MS;
    this.#settings.report({ type: 'refused', listener: listener.id, user, reason });
  }

  /** Descriptors of a connection were lost for want of room. Reported once. */
  noteDescriptors(listener: Listener): void {
    if (listener.hasDroppedDescriptors) return;
    listener.hasDroppedDescriptors = true;
    this.#settings.report({ type: 'descriptors', listener: listener.id });
  }

  /** A client is turned away. It may come as often as it likes, and must not flood the log. */
  noteShare(listener: Listener, client: string, nowMs: number): void {
    if (!this.#clientsOverShare.allows(client, nowMs)) return;
    this.#settings.report({ type: 'over_share', listener: listener.id, client });
  }

  #unlistened(listener: Listener): void {
    listener.hasStopped = true;
    this.#settings.report({ type: 'unlistened', listener: listener.id });
    this.#endIfUnused(listener);
  }

  #endIfUnused(listener: Listener): void {
    if (!listener.hasStopped || listener.mayArrive || listener.connections > 0) return;
    const { capturing, flows, report } = this.#settings;
    if (listener.isHere && listener.type === 'dgram') this.#settings.datagrams().end(listener);
    this.#byId.delete(listener.id);
    capturing.set(listener.id, undefined);
    flows.closeAllOf(listener);
    report({ type: 'ended', listener: listener.id });
  }
}
