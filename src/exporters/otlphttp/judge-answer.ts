import type { IncomingHttpHeaders } from 'node:http';
import {
  type IExportMetricsServiceResponse,
  ProtobufMetricsSerializer,
} from '@opentelemetry/otlp-transformer';
import { firstLine, printable } from '../../values/printable.js';
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

/** OTLP/HTTP, "Failures": these are worth another try, no others. */
const RETRYABLE_STATUS: readonly number[] = [429, 502, 503, 504];

const MAX_MESSAGE_LENGTH = 200;

/** What an answer means to the one who sent the request. */
export function judgeAnswer(answer: Answer): Outcome {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return judgeSuccess(answer);
  const detail = errorMessage(answer);
  const message = `answered with status ${status}${detail === '' ? '' : `: ${detail}`}`;
  if (!RETRYABLE_STATUS.includes(status)) return { kind: 'permanent', reason: 'refused', message };
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
  return { kind: 'retryable', reason: 'unavailable', message, retryAfterMs };
}

/**
 * The request has been accepted, whatever the rest of the answer is: to send it again could count it twice.
 */
function judgeSuccess(answer: Answer): Delivered {
  const response = readResponse(answer);
  if (response === undefined) {
    const type = printable(answer.headers['content-type'] ?? 'of no type');
    const notice = `answered with status ${answer.status}, but with a body (${type}) that is no OTLP response`;
    return { kind: 'delivered', rejectedPoints: 0, notice };
  }
  const { rejectedDataPoints = 0, errorMessage = '' } = response.partialSuccess ?? {};
  // JSON has 64-bit integers as strings; what is not a sensible number is none.
  const rejected = Number(rejectedDataPoints);
  const rejectedPoints = Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  const message = firstLine(String(errorMessage), MAX_MESSAGE_LENGTH);
  if (rejectedPoints === 0 && message === '') return { kind: 'delivered', rejectedPoints, notice: undefined };
  const what = rejectedPoints > 0 ? 'rejected data points' : 'took everything but says';
  return { kind: 'delivered', rejectedPoints, notice: message === '' ? what : `${what}: ${message}` };
}

/** The response message; undefined when it cannot be read. An empty body is an empty message. */
function readResponse({ headers, body }: Answer): IExportMetricsServiceResponse | undefined {
  if (body === undefined) return undefined;
  if (body.length === 0) return {};
  try {
    switch (mediaType(headers)) {
      case 'application/json':
        return JSON.parse(body.toString()) ?? {};
      case 'application/x-protobuf':
        return ProtobufMetricsSerializer.deserializeResponse(body);
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
