/** What a JSON value is, as its first byte tells. */
export const ABSENT = 0;
export const STRING = 1;
export const NUMBER = 2;
export const NULL = 3;
export const OBJECT = 4;
export const ARRAY = 5;
export const BOOLEAN = 6;

export type TokenType =
  | typeof ABSENT
  | typeof STRING
  | typeof NUMBER
  | typeof NULL
  | typeof OBJECT
  | typeof ARRAY
  | typeof BOOLEAN;

const NOTHING = new Uint8Array(0);

/** Where a JSON value stands. A string's place is that of what is between its quotes. */
export class Token {
  type: TokenType = ABSENT;
  /** The bytes in which it stands. */
  bytes: Uint8Array = NOTHING;
  from = 0;
  to = 0;
  /** Whether the value ends within the bytes that were read. */
  isWhole = false;

  clear(): void {
    this.type = ABSENT;
    this.isWhole = false;
  }

  /** Lets go of the bytes. */
  forget(): void {
    this.clear();
    this.bytes = NOTHING;
  }

  /** A value that begins; it goes to the end of the bytes until `end` is called. */
  begin(type: TokenType, bytes: Uint8Array, from: number, to: number): void {
    this.type = type;
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.isWhole = false;
  }

  end(to: number): void {
    this.to = to;
    this.isWhole = true;
  }
}

/** Whether there is a value, and it is not null. */
export function isSomething({ type }: Token): boolean {
  return type !== ABSENT && type !== NULL;
}
