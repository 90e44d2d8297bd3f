import { Holding, Holdings } from '../../shares/holdings.js';
import type { CallData } from '../../telemetry/call-data.js';

/** Calls of a batch at most, as in the batch processors of OpenTelemetry's SDKs. */
export const BATCH_CALLS = 512;

/** Beyond this size a batch takes no more calls, in characters; far less than the 20 MiB that the Collector takes. */
const BATCH_CHARACTERS = 2 * 1024 * 1024;

/** What a call takes beside its texts, roughly: ids, times, and the frame of each field. */
const CALL_CHARACTERS = 100;
const ATTRIBUTE_CHARACTERS = 10;

/** The calls of one client. */
class ClientPart extends Holding {
  readonly calls: CallData[] = [];
}

/** Finished calls that wait for others to be sent together with, as spans or as log records. */
export class CallBatch {
  #parts = new Map<string, ClientPart>();
  #holdings = new Holdings<ClientPart>();
  #characters = 0;
  #limit = BATCH_CALLS;

  get isEmpty(): boolean {
    return this.#holdings.total === 0;
  }

  get isFull(): boolean {
    return this.#holdings.total >= this.#limit || this.#characters >= BATCH_CHARACTERS;
  }

  add(call: CallData, client = ''): void {
    const part = this.#partOf(client);
    part.calls.push(call);
    this.#holdings.change(part, 1);
    this.#characters += sizeOf(call);
  }

  /** So many were too large for the destination: fewer are sent together from now on. */
  tooLarge(calls: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, Math.floor(calls / 2)));
  }

  /** Replaces a call of the client that has most, if this one has clearly less. One of the two is lost. */
  addInstead(call: CallData, client = ''): void {
    const most = this.#holdings.heaviest;
    // Whoever is refused leaves nothing behind: for as long as a destination is away there are ever new clients.
    const held = this.#parts.get(client)?.held ?? 0;
    if (most === undefined || most.held <= 2 * (held + 1)) return;
    const replaced = most.calls.pop();
    this.#holdings.change(most, -1);
    if (replaced !== undefined) this.#characters -= sizeOf(replaced);
    this.add(call, client);
  }

  /** Empties the batch into the result. */
  take(): readonly CallData[] {
    const calls = [...this.#parts.values()].flatMap((part) => part.calls);
    this.#parts = new Map();
    this.#holdings = new Holdings();
    this.#characters = 0;
    return calls;
  }

  #partOf(client: string): ClientPart {
    const known = this.#parts.get(client);
    if (known !== undefined) return known;
    const part = new ClientPart();
    this.#parts.set(client, part);
    return part;
  }
}

function sizeOf({ name, error = '', traceState = '', attributes, logAttributes }: CallData): number {
  let size = CALL_CHARACTERS + name.length + error.length + traceState.length;
  for (const [key, value] of Object.entries({ ...attributes, ...logAttributes })) {
    size += ATTRIBUTE_CHARACTERS + key.length + String(value).length;
  }
  return size;
}
