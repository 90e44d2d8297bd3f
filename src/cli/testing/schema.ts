import * as z from 'zod';
import { duration } from '../../values/duration.js';
import { wholeNumber } from '../../values/number.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { text } from '../../values/text.js';

/** Bytes as they are written in a file. */
const ENCODINGS: Readonly<Record<string, (text: string) => Buffer | undefined>> = {
  text: (written) => Buffer.from(written),
  hex: (written) => {
    const digits = written.replace(/\s/g, '');
    return /^(?:[\da-f]{2})*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
  },
  base64: (written) => {
    const letters = written.replace(/\s/g, '');
    return /^[\w+/-]*={0,2}$/.test(letters) ? Buffer.from(letters, 'base64') : undefined;
  },
};

const NO_BYTES = 'is not bytes; give a text, or { hex: … } or { base64: … }';

export function parseBytes(input: unknown): Parsed<Buffer> {
  if (typeof input === 'string') return accept(Buffer.from(input));
  if (typeof input !== 'object' || input === null) return refuse(NO_BYTES);
  const [[encoding, written] = ['', undefined], more] = Object.entries(input);
  if (more !== undefined || typeof written !== 'string' || !Object.hasOwn(ENCODINGS, encoding))
    return refuse(NO_BYTES);
  const bytes = ENCODINGS[encoding]?.(written);
  return bytes === undefined ? refuse(`is not ${encoding}`) : accept(bytes);
}

const bytes = () => parsedBy(parseBytes, {});

/** What a value has to be: this text, absent, or a text that an expression matches. */
export type Wanted = string | null | RegExp;

const NO_WANTED = 'is no expectation; give a text or number, null for absent, or { matches: EXPRESSION }';

function parseWanted(input: unknown): Parsed<Wanted> {
  if (input === null || typeof input === 'string') return accept(input);
  if (typeof input === 'number' || typeof input === 'boolean') return accept(String(input));
  if (typeof input !== 'object') return refuse(NO_WANTED);
  const [[key, expression] = ['', undefined], more] = Object.entries(input);
  if (key !== 'matches' || more !== undefined || typeof expression !== 'string') return refuse(NO_WANTED);
  try {
    return accept(new RegExp(expression, 'su'));
  } catch (error) {
    return refuse(`is no expression: ${(error as Error).message}`);
  }
}

const wanted = () => parsedBy(parseWanted, {}).optional();

/** Attributes by name. What is written as null has to be absent. */
const wantedAttributes = () => z.record(z.string(), parsedBy(parseWanted, {})).optional();

function parseKept(input: unknown): Parsed<number | readonly Buffer[]> {
  if (typeof input === 'number' && Number.isSafeInteger(input) && input >= 0) return accept(input);
  const list = Array.isArray(input) ? input.map(parseBytes) : undefined;
  const isRuns = list?.every((each) => each.ok) === true;
  return isRuns
    ? accept(list.flatMap((each) => (each.ok ? [each.value] : [])))
    : refuse('is not what is kept; give a number of bytes, or a list of what is kept in a row');
}

const kept = () => parsedBy(parseKept, {}).optional();

/** How a call may have ended; a notification has no end. */
export const OUTCOMES = [
  'succeeded',
  'failed',
  'unanswered',
  'unknown',
  'cancelled',
  'notification',
] as const;

const callSchema = z.strictObject({
  protocol: wanted(),
  method: wanted(),
  namespace: wanted(),
  from: z.enum(['container', 'upstream']).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  reason: wanted(),
  status: wanted(),
  error: wanted(),
  message: wanted(),
  params: wanted(),
  result: wanted(),
});

const NO_EXPECTATION = 'expects nothing, and could not fail';

const expectSchema = z
  .strictObject({
    calls: z.array(callSchema).optional(),
    series: z
      .array(
        z.strictObject({
          attributes: wantedAttributes(),
          count: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
        }),
      )
      .min(1)
      .optional(),
    spans: z
      .array(z.strictObject({ name: wanted(), attributes: wantedAttributes() }))
      .min(1)
      .optional(),
    kept: z.strictObject({ send: kept(), recv: kept() }).optional(),
  })
  .refine(
    ({ calls, series, spans, kept: { send, recv } = {} }) =>
      [calls, series, spans, send, recv].some((each) => each !== undefined),
    NO_EXPECTATION,
  );

const STEP_KINDS = 'has to have one of send, recv and wait';

const stepSchema = z
  .strictObject({ send: bytes().optional(), recv: bytes().optional(), wait: duration().optional() })
  .refine((step) => Object.values(step).filter((value) => value !== undefined).length === 1, STEP_KINDS);

const testSchema = z.strictObject({
  name: text(),
  socket: text(),
  client: z.record(z.string(), text()).optional(),
  steps: z.array(stepSchema).min(1),
  expect: expectSchema,
});

/** A file of tests. */
export const testFileSchema = z.strictObject({
  configuration: z.union([text(), z.array(text()).min(1)]).prefault('otel-config.yaml'),
  env: z.record(z.string(), z.string()).prefault({}),
  tests: z.array(testSchema).min(1),
});

export type TestFile = z.output<typeof testFileSchema>;
export type Test = TestFile['tests'][number];
export type WantedCall = z.output<typeof callSchema>;
