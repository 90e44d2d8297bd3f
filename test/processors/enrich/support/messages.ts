import type { ClientLimits, GenerationSettings } from '../../../../src/processors/enrich/messages.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import type { Request, Response } from '../../../../src/protocols/protocol.js';

/** A request of the container, with an id, unless told otherwise. */
export function request(changes: Partial<Request> = {}): Request {
  return {
    kind: 'request',
    direction: SEND,
    method: 'eth_call',
    id: '1',
    idText: '1',
    isIdUnknown: false,
    isAnsweredElsewhere: false,
    timeMs: 1000,
    bytes: 50,
    traceparent: undefined,
    tracestate: undefined,
    payload: undefined,
    ...changes,
  };
}

/** A good answer to the container, unless told otherwise. */
export function response(changes: Partial<Response> = {}): Response {
  return {
    kind: 'response',
    direction: RECV,
    id: '1',
    error: undefined,
    doubt: undefined,
    timeMs: 1010,
    bytes: 30,
    payload: undefined,
    ...changes,
  };
}

/** As the configuration has them by default. */
export const LIMITS: ClientLimits = { methods: 200, pendingCalls: 16_384 };

export function generationSettings(changes: Partial<GenerationSettings> = {}): GenerationSettings {
  return {
    socket: 'rpc',
    path: '/run/rpc.sock',
    receiver: 'uds',
    client: undefined,
    limits: LIMITS,
    protocols: ['jsonrpc'],
    methods: { known: [], max: 200 },
    routes: [],
    latency: true,
    coverage: { send: 'all', recv: 'all' },
    payload: 'none',
    spanRatio: 1,
    logs: false,
    ...changes,
  };
}
