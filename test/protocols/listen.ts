import type { Direction } from '../../src/protocols/direction.js';
import type {
  CallId,
  Decoder,
  DecoderSettings,
  MessageSink,
  Protocol,
  Request,
  Response,
  UndecodableReason,
} from '../../src/protocols/protocol.js';

export interface Undecodable {
  kind: 'undecodable';
  direction: Direction;
  reason: UndecodableReason;
}

export type Heard = Request | Response | Undecodable;

/** Remembers what a decoder says. */
export class Listener implements MessageSink {
  readonly heard: Heard[] = [];

  get requests(): Request[] {
    return this.heard.filter((one) => one.kind === 'request');
  }

  get responses(): Response[] {
    return this.heard.filter((one) => one.kind === 'response');
  }

  get reasons(): UndecodableReason[] {
    return this.heard.flatMap((one) => (one.kind === 'undecodable' ? [one.reason] : []));
  }

  request(request: Request): void {
    this.heard.push(request);
  }

  response(response: Response): void {
    this.heard.push(response);
  }

  undecodable(direction: Direction, reason: UndecodableReason): void {
    this.heard.push({ kind: 'undecodable', direction, reason });
  }
}

/**
 * The same with calls numbered in the order in which they appear: what a call is called may depend on what came before it,
 * which answer belongs to which request may not.
 */
export function withNumberedCalls(heard: readonly Heard[]): Heard[] {
  const numbers = new Map<CallId, string>();
  return heard.map((one) => {
    if (one.kind === 'undecodable' || one.id === undefined) return one;
    const id = numbers.get(one.id) ?? String(numbers.size);
    numbers.set(one.id, id);
    return { ...one, id };
  });
}

/** A decoder and the one who listens to it. Bytes are shown with one byte behind them that matters to others. */
export class Ear {
  readonly listener = new Listener();
  readonly decoder: Decoder;
  timeMs = 0;

  constructor(protocol: Protocol, settings: DecoderSettings = { keepPayload: false }) {
    this.decoder = protocol.createDecoder(this.listener, settings);
  }

  get heard(): Heard[] {
    return this.listener.heard;
  }

  data(direction: Direction, piece: string | Uint8Array): this {
    const bytes = Buffer.from(piece as string);
    this.decoder.data(direction, Buffer.concat([bytes, Buffer.from('"')]), 0, bytes.length, this.timeMs);
    return this;
  }

  gap(direction: Direction, count: number, endsUnit: boolean): this {
    this.decoder.gap(direction, count, endsUnit, this.timeMs);
    return this;
  }

  lose(): this {
    this.decoder.lose();
    return this;
  }
}
