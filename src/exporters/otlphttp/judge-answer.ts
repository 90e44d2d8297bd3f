import type { IncomingHttpHeaders } from 'node:http';
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { firstLine, printable } from '../../values/printable.js';
import type { Signal } from '../../values/signal.js';
import type { Delivered, Outcome } from './outcome.js';
import { parseRetryAfter } from './retry-after.js';
import { readStatusMessage } from './status-message.js';

/** What the destination said. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined when it broke off or was too long. */
  readonly body: Buffer | undefined;
}

/** What is read of an answer, of any signal. */
interface ServiceResponse {
  readonly partialSuccess?: {
    readonly rejectedDataPoints?: unknown;
    readonly rejectedSpans?: unknown;
    readonly rejectedLogRecords?: unknown;
    readonly errorMessage?: unknown;
  } | null;
}

/** What the signals call the part that a partial success did not take. */
const REJECTED = {
  metrics: { field: 'rejectedDataPoints', words: 'rejected data points' },
  traces: { field: 'rejectedSpans', words: 'rejected spans' },
  logs: { field: 'rejectedLogRecords', words: 'rejected log records' },
} as const;

const PROTOBUF = {
  metrics: ProtobufMetricsSerializer,
  traces: ProtobufTraceSerializer,
  logs: ProtobufLogsSerializer,
};

/** OTLP/HTTP, "Failures": only these are worth another try. */
const RETRYABLE_STATUS: readonly number[] = [429, 502, 503, 504];

/** RFC 9110, section 15.5.14. */
const CONTENT_TOO_LARGE = 413;

const MAX_MESSAGE_LENGTH = 200;

/** What an answer means for a request of `signal`. */
export function judgeAnswer(answer: Answer, signal: Signal): Outcome {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return judgeSuccess(answer, signal);
  const detail = errorMessage(answer);
  const message = `answered with status ${status}${detail === '' ? '' : `: ${detail}`}`;
  if (status === CONTENT_TOO_LARGE)
    return { kind: 'permanent', reason: 'refused', message, isTooLarge: true };
  if (!RETRYABLE_STATUS.includes(status)) return { kind: 'permanent', reason: 'refused', message };
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
  return { kind: 'retryable', reason: 'unavailable', message, retryAfterMs };
}

/**
 * The request has been accepted, whatever the rest of the answer is: to send it again could count it twice.
 */
function judgeSuccess(answer: Answer, signal: Signal): Delivered {
  const response = readResponse(answer, signal);
  if (response === undefined) {
    const type = printable(answer.headers['content-type'] ?? 'of no type');
    const notice = `answered with status ${answer.status}, but with a body (${type}) that is no OTLP response`;
    return { kind: 'delivered', rejected: 0, notice };
  }
  const { field, words } = REJECTED[signal];
  const { [field]: count = 0, errorMessage = '' } = response.partialSuccess ?? {};
  // JSON has 64-bit integers as strings; what is not a sensible number is none.
  const number = Number(count);
  const rejected = Number.isSafeInteger(number) && number > 0 ? number : 0;
  const message = firstLine(String(errorMessage), MAX_MESSAGE_LENGTH);
  if (rejected === 0 && message === '') return { kind: 'delivered', rejected, notice: undefined };
  const what = rejected > 0 ? words : 'took everything but says';
  return { kind: 'delivered', rejected, notice: message === '' ? what : `${what}: ${message}` };
}

/** The response message; undefined when it cannot be read. An empty body is an empty message. */
function readResponse({ headers, body }: Answer, signal: Signal): ServiceResponse | undefined {
  if (body === undefined) return undefined;
  if (body.length === 0) return {};
  try {
    switch (mediaType(headers)) {
      case 'application/json':
        return JSON.parse(body.toString()) ?? {};
      case 'application/x-protobuf':
        return PROTOBUF[signal].deserializeResponse(body);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** The first line of the `google.rpc.Status` or text of an answer that is no success, or ''. */
function errorMessage({ headers, body = Buffer.alloc(0) }: Answer): string {
  return firstLine(errorText(mediaType(headers), body), MAX_MESSAGE_LENGTH);
}

function errorText(type: string, body: Buffer): string {
  switch (type) {
    case 'application/x-protobuf':
      return readStatusMessage(body) ?? '';
    case 'application/json':
      return jsonMessage(body);
    case 'text/plain':
      return body.toString();
    default:
      return '';
  }
}

function jsonMessage(body: Buffer): string {
  try {
    const status: unknown = JSON.parse(body.toString());
    if (typeof status !== 'object' || status === null || !('message' in status)) return '';
    return typeof status.message === 'string' ? status.message : '';
  } catch {
    return '';
  }
}

function mediaType(headers: IncomingHttpHeaders): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase();
}
