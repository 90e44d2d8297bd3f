import type { Direction } from '../direction.js';
import type { InnerOutcome, Request } from '../protocol.js';
import type { Envelope } from './envelope.js';

/** What a protocol makes of a request that is one of JSON-RPC. */
export type Meaning = Partial<
  Pick<
    Request,
    'method' | 'carrier' | 'attributes' | 'secrets' | 'hasInnerOutcome' | 'cancels' | 'cancelsAsked'
  >
>;

/** What stands around a message: headers of HTTP, in the order of a dialect's list, empty where there is none. undefined: no HTTP. */
export type Headers = readonly string[] | undefined;

/** A protocol whose messages are those of JSON-RPC, in one conversation. What it is given is good until it returns. */
export interface Dialect {
  /** What a request says beside what every request of JSON-RPC says. `method`: as it was sent. */
  meaningOf(envelope: Envelope, method: string, direction: Direction, headers: Headers): Meaning;
  /** What a result says of the outcome of what was asked for. */
  outcomeOf(envelope: Envelope, headers: Headers): InnerOutcome | undefined;
}
