/**
 * Reads any protobuf message without its schema. @opentelemetry/otlp-transformer 0.223 writes OTLP with code
 * of its own and no longer brings protobufjs along, so there is no generated decoder to borrow.
 */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** One field as it is on the wire: a number for a varint, else its bytes. */
interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

export class Message {
  readonly #fields: Field[] = [];

  constructor(bytes: Buffer) {
    const reader = new Reader(bytes);
    while (!reader.done) {
      const tag = reader.varint();
      this.#fields.push({ number: Math.floor(tag / 8), value: reader.value(tag % 8) });
    }
  }

  messages(number: number): Message[] {
    return this.#all(number).map((value) => new Message(bytesOf(value)));
  }

  /** An absent message is an empty one. */
  message(number: number): Message {
    return this.messages(number)[0] ?? new Message(Buffer.alloc(0));
  }

  string(number: number): string {
    return this.bytes(number).toString();
  }

  /** Absent bytes are none. */
  bytes(number: number): Buffer {
    return this.#all(number).map(bytesOf)[0] ?? Buffer.alloc(0);
  }

  varint(number: number): number {
    const [value = 0] = this.#all(number);
    if (typeof value !== 'number') throw new Error(`field ${number} is no varint`);
    return value;
  }

  fixed64(number: number): bigint | undefined {
    return this.#all(number).map((value) => bytesOf(value).readBigInt64LE())[0];
  }

  fixed32(number: number): number | undefined {
    return this.#all(number).map((value) => bytesOf(value).readUInt32LE())[0];
  }

  has(number: number): boolean {
    return this.#all(number).length > 0;
  }

  #all(number: number): (number | Buffer)[] {
    return this.#fields.filter((field) => field.number === number).map(({ value }) => value);
  }
}

class Reader {
  #position = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.#position++);
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  }

  value(wireType: number): number | Buffer {
    switch (wireType) {
      case VARINT:
        return this.varint();
      case FIXED_64:
        return this.#take(8);
      case LENGTH_DELIMITED:
        return this.#take(this.varint());
      case FIXED_32:
        return this.#take(4);
      default:
        throw new Error(`wire type ${wireType}`);
    }
  }

  #take(length: number): Buffer {
    const start = this.#position;
    this.#position += length;
    if (this.#position > this.#bytes.length) throw new Error('the message is cut off');
    return this.#bytes.subarray(start, this.#position);
  }
}

function bytesOf(value: number | Buffer): Buffer {
  if (typeof value === 'number') throw new Error('a varint where bytes belong');
  return value;
}

/** Writes a message of length-delimited fields and varints, for answers. */
export function encodeMessage(fields: readonly (readonly [number, string | number | Buffer])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [encodeVarint(number * 8 + VARINT), encodeVarint(value)];
      const bytes = Buffer.from(value);
      return [encodeVarint(number * 8 + LENGTH_DELIMITED), encodeVarint(bytes.length), bytes];
    }),
  );
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
