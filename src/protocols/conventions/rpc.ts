import { SEND } from '../direction.js';
import { type Convention, OTHER, textOf } from './convention.js';

/** https://opentelemetry.io/docs/specs/semconv/rpc/ */
export const RPC: Convention = {
  durations: {
    server: {
      name: 'rpc.server.call.duration',
      description: 'Time from the first byte of a request to the last byte of its response, at the relay.',
    },
    client: {
      name: 'rpc.client.call.duration',
      description: 'The same for calls that the server makes to its client.',
    },
  },
  firstByte: undefined,
  unnamed: () => OTHER,
  methodAttributes: (protocol, method) => ({ 'rpc.system.name': protocol, 'rpc.method': method }),
  methodOf: (attributes) => {
    const protocol = textOf(attributes, 'rpc.system.name');
    const method = textOf(attributes, 'rpc.method');
    return protocol === undefined || method === undefined ? undefined : { protocol, method };
  },
  originalAttributes: (method) => ({ 'rpc.method_original': method }),
  statusAttributes: (code) => ({ 'rpc.status_code': code }),
  describesErrors: true,
  spanName: (protocol, method) => (method === OTHER ? protocol : method),
  // What the container asks for is served by the host; what the host asks for, it asks as a client.
  callKind: (direction) => (direction === SEND ? 'server' : 'client'),
};
