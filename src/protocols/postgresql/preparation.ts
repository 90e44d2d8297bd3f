import type { FramedMessage } from '../framed-decoder.js';
import { CLOSE } from './framing/messages.js';

/** Messages of the extended protocol that belong to one call: up to an Execute, or to the end of what is sent without one. */
export class Preparation {
  /** When its first byte was seen, monotonic ms. */
  beginMs = 0;
  bytes = 0;
  /** Messages that are answered. */
  messages = 0;
  /** The type of the first of them. */
  type = 0;
  /** All of them close something. */
  isClosing = false;

  take({ bytes, from, length, beginMs }: FramedMessage): void {
    if (this.messages++ === 0) {
      this.beginMs = beginMs;
      this.type = bytes[from];
      this.isClosing = true;
    }
    this.isClosing &&= bytes[from] === CLOSE;
    this.bytes += length;
  }

  restart(): void {
    this.bytes = this.messages = 0;
  }
}
