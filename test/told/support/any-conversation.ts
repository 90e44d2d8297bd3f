import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import type { Random } from '../../fuzz/random.js';
import { c, line, lsp, type Step, s } from './steps.js';

/** How one side of a conversation writes its messages. */
type Framing = (text: string) => string;

const plain: Framing = (text) => text;
const pretty: Framing = (text) => `${JSON.stringify(JSON.parse(text), undefined, 2)}\n\n`;
const nul: Framing = (text) => `${text}\0`;

const FRAMINGS: readonly Framing[] = [line, line, plain, pretty, lsp, nul];

/** What is hard to read from either end. */
const TRICKY = ['"', '\\', '\\"', '}', ']', ',"id":7,', '"error":{"code":1}', '\\\\', 'ü🖥', '\n', ' '];

const NOISE = [
  'Server started\n',
  '[info] loaded 3 tools\n',
  '[2024-01-01 12:00:00] INFO {started}\n',
  '\u001b[32minfo\u001b[39m: "x"\r\n',
  '🖥️ ready\n',
  '[debug] {\n',
];
const NOT_UNDERSTOOD = 'not understood';
const BYTE_ORDER_MARK = '\ufeff';

const CODES = [-32601, -32000, 3, 205];

interface Call {
  readonly method: string;
  readonly id: unknown;
  readonly from: Direction;
  /** What was said where its answer would be was not all understood. */
  isDoubtful: boolean;
}

/** A conversation by chance, and what there is to tell of it. */
export class AnyConversation {
  readonly steps: Step[] = [];
  readonly #told = new Map<string, number>();
  readonly #random: Random;
  readonly #isOld: boolean;
  readonly #framings: readonly [Framing, Framing];
  readonly #waiting: Call[] = [];
  #nextId = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#isOld = random.below(3) === 0;
    this.#framings = [random.oneOf(FRAMINGS), random.oneOf(FRAMINGS)];
    // It is clear from the first that this is JSON-RPC. Of two long values, what lies between them cannot be told.
    this.#ask(SEND);
    for (let left = random.below(30); left > 0; left--) this.#go();
    while (this.#waiting.length > 0 && random.below(12) > 0) this.#answer();
    for (const { method, isDoubtful } of this.#waiting) {
      this.#tell(`${method} ${isDoubtful ? 'unknown' : 'no_response'}`);
    }
  }

  /** As `Conversation.told`. */
  get told(): string {
    const words = [...this.#told].map(([call, count]) =>
      call === NOT_UNDERSTOOD ? `[${count} ${call}]` : `${count} ${call}`,
    );
    return words.join(', ');
  }

  #go(): void {
    const what = this.#random.below(12);
    const from = this.#random.below(4) === 0 ? RECV : SEND;
    if (what < 4) this.#ask(from);
    else if (what < 8) this.#answer();
    else if (what < 10) this.#say(from, this.#note());
    else if (what < 11) this.#say(from, `[${this.#call(from)},${this.#note()},${this.#call(from)}]`);
    else this.#babble(from);
  }

  #ask(from: Direction): void {
    this.#say(from, this.#call(from));
  }

  #call(from: Direction): string {
    const number = this.#nextId++;
    const id = this.#random.below(4) === 0 ? `q"${number}` : number;
    const call = { method: `m${this.#random.below(3)}`, id, from, isDoubtful: false };
    this.#waiting.push(call);
    return this.#message([
      ['method', call.method],
      ['id', id],
      ['params', [this.#filling()]],
    ]);
  }

  #note(): string {
    const method = `n${this.#random.below(2)}`;
    this.#tell(`${method} noted`);
    return this.#message([
      ['method', method],
      ['params', { a: this.#filling(), id: 5 }],
      ...(this.#isOld ? [['id', null] as const] : []),
    ]);
  }

  #answer(): void {
    const [call] = this.#waiting.splice(this.#random.below(this.#waiting.length), 1);
    if (call === undefined) return;
    const code = this.#random.below(3) === 0 ? this.#random.oneOf(CODES) : undefined;
    this.#tell(code === undefined ? call.method : `${call.method} ${code}`);
    const error = code === undefined ? null : { code, message: this.#filling() };
    const result = code === undefined ? { x: this.#filling(), id: 9, error: { code: 8 } } : null;
    const both = [['result', result] as const, ['error', error] as const];
    const outcome = this.#isOld ? both : both.filter(([, value]) => value !== null);
    this.#say(call.from === SEND ? RECV : SEND, this.#message([['id', call.id], ...outcome]));
  }

  #message(members: readonly (readonly [string, unknown])[]): string {
    const all = this.#isOld ? [...members] : [...members, ['jsonrpc', '2.0'] as const];
    if (this.#random.below(4) === 0)
      all.push(['meta', this.#random.oneOf([5, 'x', { a: [1, '}'] }, ['ab']])]);
    const texts = this.#shuffled(all).map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
    );
    return `{${texts.join(',')}}`;
  }

  #say(from: Direction, text: string): void {
    const mark = this.#random.below(20) === 0 ? BYTE_ORDER_MARK : '';
    this.steps.push((from === SEND ? c : s)(mark + this.#framings[from](text)));
  }

  /** A line that is no message. */
  #babble(from: Direction): void {
    this.#tell(NOT_UNDERSTOOD);
    for (const call of this.#waiting) call.isDoubtful ||= call.from !== from;
    this.steps.push((from === SEND ? c : s)(this.#random.oneOf(NOISE)));
  }

  /** Mostly short, at times longer than what is captured of a message. */
  #filling(): string {
    const length = this.#random.below(4) === 0 ? this.#random.below(2500) : this.#random.below(60);
    const piece = this.#random.below(3) === 0 ? this.#random.oneOf(TRICKY) : 'ab';
    return piece.repeat(Math.ceil(length / piece.length));
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const left = [...values];
    return values.map(() => left.splice(this.#random.below(left.length), 1)[0]);
  }

  #tell(call: string): void {
    this.#told.set(call, (this.#told.get(call) ?? 0) + 1);
  }
}
