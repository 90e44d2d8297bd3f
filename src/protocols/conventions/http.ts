import { SEND } from '../direction.js';
import { isKnownRoute } from '../http/routes/route-table.js';
import { type Convention, OTHER, textOf } from './convention.js';

/** https://opentelemetry.io/docs/specs/semconv/http/: methods are `GET /containers/{id}/json`, or without a path. */
export const HTTP: Convention = {
  durations: {
    server: {
      name: 'http.server.request.duration',
      description: 'Time from the first byte of a request to the last byte of its response, at the relay.',
    },
    client: {
      name: 'http.client.request.duration',
      description: 'The same for requests of the server to its client.',
    },
  },
  firstByte: {
    name: 'uds.method.first_byte',
    description: 'Time from the first byte of a request to the first byte of its response, at the relay.',
  },
  unnamed: (method) => splitRequest(method).method,
  methodAttributes: (_protocol, name, routes) => {
    const { method, template } = splitRequest(name);
    const known = { 'http.request.method': method, 'url.scheme': 'http' };
    if (template === undefined) return known;
    // A route is what the server has; what a rule makes of a path is none.
    return { ...known, [isKnownRoute(template, routes) ? 'http.route' : 'url.template']: template };
  },
  methodOf: (attributes) => {
    const method = textOf(attributes, 'http.request.method');
    if (method === undefined) return undefined;
    const template = textOf(attributes, 'http.route') ?? textOf(attributes, 'url.template');
    return { protocol: 'http', method: template === undefined ? method : `${method} ${template}` };
  },
  originalAttributes: (name) => {
    const { template } = splitRequest(name);
    return template === undefined ? {} : { 'url.template': template };
  },
  statusAttributes: (code) => (code === OTHER ? {} : { 'http.response.status_code': Number(code) }),
  describesErrors: false,
  spanName: (_protocol, name) => {
    const { method, template } = splitRequest(name);
    const shown = method === OTHER ? 'HTTP' : method;
    return template === undefined ? shown : `${shown} ${template}`;
  },
  callKind: (direction) => (direction === SEND ? 'server' : 'client'),
};

function splitRequest(name: string): { method: string; template: string | undefined } {
  const space = name.indexOf(' ');
  if (space < 0) return { method: name, template: undefined };
  return { method: name.slice(0, space), template: name.slice(space + 1) };
}
