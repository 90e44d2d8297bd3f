/** A request as it goes over the wire. */
export interface QueuedRequest {
  /** Spans or log records in it. */
  readonly count: number;
  /** What it takes of memory. */
  bytes: number;
  /** Undefined when it could not be made ready. */
  readonly body: Promise<Uint8Array | undefined>;
}

/** Bytes that are queued at most, whatever the number of requests. The last one let in may go beyond. */
const QUEUE_BYTES = 64 * 1024 * 1024;

/**
 * Requests that wait, and the one that is being sent. They wait encoded, and compressed where requests are: their size
 * is then known, and is a fraction of what the calls in them take.
 */
export class RequestQueue {
  readonly #capacity: number;
  readonly #waiting: QueuedRequest[] = [];
  #current: QueuedRequest | undefined;
  #bytes = 0;

  /** `capacity`: how many may wait while another is sent. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether a request can be sent at once, or wait. To be asked before `push`. */
  get hasRoom(): boolean {
    if (this.#current === undefined && this.#waiting.length === 0) return true;
    return this.#waiting.length < this.#capacity && this.#bytes < QUEUE_BYTES;
  }

  /** Queues `message`, which is replaced by what `pack` makes of it when that is ready. */
  push(count: number, message: Uint8Array, pack: (message: Uint8Array) => Promise<Uint8Array>): void {
    const request: QueuedRequest = {
      count,
      bytes: message.length,
      body: pack(message).then(
        (body) => {
          this.#bytes += body.length - request.bytes;
          request.bytes = body.length;
          return body;
        },
        () => undefined,
      ),
    };
    this.#bytes += request.bytes;
    this.#waiting.push(request);
  }

  /** The oldest, which counts as queued until the next call. Undefined when none waits. */
  next(): QueuedRequest | undefined {
    this.#bytes -= this.#current?.bytes ?? 0;
    this.#current = this.#waiting.shift();
    return this.#current;
  }
}
