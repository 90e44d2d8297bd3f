import type { FramedMessage } from '../framed-decoder.js';
import type { UndecodableReason } from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import { isTraceparent, isTracestate } from '../trace-context.js';
import { WireNames } from '../wire-names.js';
import { FieldReader } from './field-reader.js';
import { HEADER_BYTES } from './framing/frame-header.js';

/** Fields of a request: its names; and its metadata, each a key and a value. */
const SERVICE = 1;
const METHOD = 2;
const METADATA = 5;
const KEY = 1;
const VALUE = 2;

const TRACE_BYTES_MAX = 1024;
const KEY_BYTES_MAX = 16;
/** More metadata are not looked at. */
const METADATA_MAX = 64;

/** All conversations of a thread share it: they have most methods in common. */
const names = new WireNames('/');

/** Reads what a request asks for: service, method, and the trace that it belongs to. */
export class RequestReader {
  method = '';
  traceparent: string | undefined;
  tracestate: string | undefined;
  readonly #fields = new FieldReader();
  readonly #pair = new FieldReader();

  /** Why it is no request, if it is none. */
  read({ bytes, from, to, isWhole }: FramedMessage): UndecodableReason | undefined {
    this.traceparent = this.tracestate = undefined;
    const fields = this.#fields;
    let serviceFrom = 0;
    let serviceTo = 0;
    let methodFrom = 0;
    let methodTo = 0;
    let metadata = 0;
    fields.open(bytes, from + HEADER_BYTES, to);
    while (fields.next()) {
      const { field, hasLength, end } = fields;
      if (!hasLength) continue;
      if (end > to) {
        if (isWhole) return 'malformed';
        break;
      }
      if (field === SERVICE) {
        serviceFrom = fields.from;
        serviceTo = end;
      } else if (field === METHOD) {
        methodFrom = fields.from;
        methodTo = end;
      } else if (field === METADATA && metadata++ < METADATA_MAX) this.#metadata(bytes, fields.from, end);
    }
    if (fields.isMalformed) return 'malformed';
    const hasNames = serviceTo > serviceFrom && methodTo > methodFrom;
    if (!hasNames) return isWhole ? 'not_a_message' : 'truncated';
    this.method = names.two(bytes, serviceFrom, serviceTo, methodFrom, methodTo);
    return undefined;
  }

  #metadata(bytes: Uint8Array, from: number, to: number): void {
    const pair = this.#pair;
    let key = '';
    let value = '';
    pair.open(bytes, from, to);
    while (pair.next()) {
      if (!pair.hasLength || pair.end > to) continue;
      const length = pair.end - pair.from;
      if (pair.field === KEY && length <= KEY_BYTES_MAX) key = decodeUtf8(bytes, pair.from, pair.end);
      if (pair.field === VALUE && length <= TRACE_BYTES_MAX) value = decodeUtf8(bytes, pair.from, pair.end);
    }
    if (key === 'traceparent' && isTraceparent(value)) this.traceparent = value;
    if (key === 'tracestate' && isTracestate(value)) this.tracestate = value;
  }
}
