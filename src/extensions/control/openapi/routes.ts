import type { JsonShape } from '../../../values/parsed.js';
import { VERSION } from '../../../version.js';
import { replyJson } from '../reply.js';
import { describe, type Route } from '../router.js';
import { openApiDocument } from './document.js';

/** What the API tells of itself. `all`: every route, these two among them. */
export function descriptionRoutes(all: () => readonly Route[]): Route[] {
  return [indexRoute(all), documentRoute(all)];
}

function indexRoute(all: () => readonly Route[]): Route {
  return {
    method: 'GET',
    path: '/v1',
    documentation: {
      operationId: 'getIndex',
      summary: 'What there is.',
      answers: { 200: { description: 'The version of the agent, and every route.', schema: indexShape } },
    },
    answer: ({ response }) => {
      const index = { name: 'udscope', version: VERSION, openapi: OPENAPI_PATH, routes: all().map(describe) };
      replyJson(response, 200, index);
    },
  };
}

const OPENAPI_PATH = '/v1/openapi.json';

const text = { type: 'string' };
const indexShape = {
  type: 'object',
  properties: {
    name: { const: 'udscope' },
    version: text,
    openapi: { ...text, description: 'Path of the description of the API.' },
    routes: { type: 'array', items: text },
  },
  required: ['name', 'version', 'openapi', 'routes'],
};

function documentRoute(all: () => readonly Route[]): Route {
  // The routes stay what they are, so it is made once, when somebody asks.
  let document: JsonShape | undefined;
  return {
    method: 'GET',
    path: OPENAPI_PATH,
    documentation: {
      operationId: 'getOpenApi',
      summary: 'This description of the API.',
      answers: { 200: { description: 'A document of OpenAPI 3.1.', schema: { type: 'object' } } },
    },
    answer: ({ response }) => {
      document ??= openApiDocument(all());
      replyJson(response, 200, document);
    },
  };
}
