import { randomFillSync } from 'node:crypto';
import type { Convention } from '../../../protocols/conventions.js';
import { SEND } from '../../../protocols/direction.js';
import type { Protocol, Request, Response } from '../../../protocols/protocol.js';
import type { CallData } from '../../../telemetry/call-data.js';
import type { GenerationSettings } from '../messages.js';
import { type CallOutcome, outcomeAttributes } from './call-outcome.js';
import { optional } from './optional.js';
import type { Target } from './series-book.js';
import type { MatchedBy } from './tracker-events.js';

type DescriberSettings = Pick<GenerationSettings, 'path' | 'spanRatio' | 'logs' | 'routes'>;

/** A call that is over. The payload in it is what may be shown. */
export interface FinishedCall extends Target {
  readonly request: Request;
  /** As metrics show it. */
  readonly method: string;
  readonly protocol: Protocol;
  /** undefined for a notification. */
  readonly outcome: CallOutcome | undefined;
  readonly response: Response | undefined;
  readonly matchedBy: MatchedBy | undefined;
  /** Wall clock, ms since the epoch. */
  readonly startMs: number;
  /** undefined when no response was seen. */
  readonly durationMs: number | undefined;
  /** How long the first byte of the response took, where that is told. */
  readonly firstByteMs: number | undefined;
  /** How long it was waited for; 0 where that says nothing. */
  readonly waitedMs: number;
}

const MS_PER_SECOND = 1000;

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** `00-` trace id `-` parent id `-` flags, W3C Trace Context. */
const TRACE_ID_AT = 3;
const PARENT_ID_AT = 36;
const FLAGS_AT = 53;
const SAMPLED_FLAG = 1;

/** The SDK's TraceIdRatioBased sampler compares as many bits. */
const RATIO_DIGITS = 8;
const RATIO_RANGE = 16 ** RATIO_DIGITS;

/**
 * Describes a source's calls for spans and log records. A call that says it belongs to a trace is part of that trace, and
 * has a span only if the trace is sampled; of those, and of calls without a trace, a part has one. Which, the trace's id
 * decides, so that a trace is whole or not there. Every call has a log record, if any has.
 */
export class CallDescriber {
  readonly #settings: DescriberSettings;

  constructor(settings: DescriberSettings) {
    this.#settings = settings;
  }

  /** undefined where the call has neither a span nor a log record. */
  describe(call: FinishedCall): CallData | undefined {
    const { spanRatio, logs } = this.#settings;
    if (spanRatio === 0 && !logs) return undefined;
    const { request, response, outcome, method, protocol } = call;
    const parent = request.traceparent;
    const traceId = parent?.slice(TRACE_ID_AT, TRACE_ID_AT + 2 * TRACE_ID_BYTES) ?? randomHex(TRACE_ID_BYTES);
    const isSampled = isSampledBy(parent) && isInRatio(traceId, spanRatio);
    if (!isSampled && !logs) return undefined;
    const { convention } = protocol;
    return {
      isSampled,
      traceId,
      spanId: randomHex(SPAN_ID_BYTES),
      parentSpanId: parent?.slice(PARENT_ID_AT, PARENT_ID_AT + 2 * SPAN_ID_BYTES),
      traceState: parent === undefined ? undefined : request.tracestate,
      name: convention.spanName(call.system ?? protocol.name, method),
      kind: convention.callKind(request.direction),
      startMs: call.startMs,
      endMs: call.startMs + call.waitedMs,
      attributes: {
        ...this.#callAttributes(call),
        ...optional('udscope.unknown_reason', outcome?.unknownReason),
        ...optional('udscope.params', request.payload),
        ...optional('udscope.result', response?.payload),
      },
      logAttributes: logs ? logAttributes(call) : undefined,
      error: outcome?.errorType === undefined ? undefined : errorMessage(response, convention),
    };
  }

  #callAttributes(call: FinishedCall) {
    const { request, method, namespace, protocol, outcome, matchedBy, firstByteMs } = call;
    const { system = protocol.name } = call;
    const { convention } = protocol;
    return {
      'network.transport': 'unix',
      'server.address': this.#settings.path,
      ...convention.methodAttributes(system, method, this.#settings.routes, namespace),
      ...(method === request.method ? {} : convention.originalAttributes(request.method)),
      ...protocol.spanAttributes(request),
      ...request.attributes,
      ...request.secrets,
      ...outcomeAttributes(outcome, convention),
      ...(firstByteMs === undefined ? {} : { 'udscope.first_byte': firstByteMs / MS_PER_SECOND }),
      // Said only where it may be wrong.
      ...(matchedBy === 'only_outstanding' || matchedBy === 'elimination'
        ? { 'udscope.matched_by': matchedBy }
        : {}),
    };
  }
}

/** What a span says by its times and its kind, and how much was said. */
function logAttributes({ request, response, durationMs }: FinishedCall) {
  return {
    'uds.direction': request.direction === SEND ? 'send' : 'recv',
    ...(durationMs === undefined ? {} : { 'udscope.duration': durationMs / MS_PER_SECOND }),
    'udscope.request_bytes': request.bytes + (response?.requestBytes ?? 0),
    ...optional('udscope.response_bytes', response?.bytes),
  };
}

function errorMessage(response: Response | undefined, { describesErrors }: Convention): string {
  return (describesErrors ? response?.error?.message : undefined) ?? '';
}

/** Whether its caller, if it names one, has a span. */
function isSampledBy(traceparent: string | undefined): boolean {
  if (traceparent === undefined) return true;
  return (Number.parseInt(traceparent.slice(FLAGS_AT, FLAGS_AT + 2), 16) & SAMPLED_FLAG) !== 0;
}

function isInRatio(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-RATIO_DIGITS), 16) < ratio * RATIO_RANGE;
}

/** Random bytes are cheap by the page. */
const pool = Buffer.alloc(4096);
let poolAt = pool.length;

/** `bytes` random bytes, not all zero, as hex digits. */
function randomHex(bytes: number): string {
  if (poolAt + bytes > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const hex = pool.toString('hex', poolAt, poolAt + bytes);
  poolAt += bytes;
  return /^0*$/.test(hex) ? randomHex(bytes) : hex;
}
