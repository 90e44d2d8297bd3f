import * as z from 'zod';
import { apiSchemas } from '../../../api/api-schemas.js';
import type { JsonShape } from '../../../values/parsed.js';
import { VERSION } from '../../../version.js';
import { placesIn, type Route } from '../router.js';
import type { AnswerDocumentation } from './documentation.js';

const SCHEMAS = '#/components/schemas/';

/** What every refusal looks like. */
const errorSchema = z
  .object({ error: z.string().describe('Why, in a sentence.') })
  .register(apiSchemas, { id: 'Error' });

/** Refusals that any route may answer with. */
const GENERAL: Readonly<Record<'default', AnswerDocumentation>> = {
  default: { description: 'The request is refused, or the agent is stopping.', schema: errorSchema },
};

/** The description of the API in OpenAPI 3.1, made of its routes and the schemas that check requests. */
export function openApiDocument(routes: readonly Route[]): JsonShape {
  const paths = [...new Set(routes.map(({ path }) => path))];
  const here = (path: string) => routes.filter((route) => route.path === path);
  return {
    openapi: '3.1.0',
    info: {
      title: 'udscope control API',
      version: VERSION,
      description: 'HTTP on the Unix socket of the control extension.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost' }],
    paths: Object.fromEntries(paths.map((path) => [path, pathItem(here(path))])),
    components: { schemas: componentSchemas() },
  };
}

function pathItem(routes: readonly Route[]): JsonShape {
  return Object.fromEntries(routes.map((route) => [route.method.toLowerCase(), operation(route)]));
}

function operation({ path, body, documentation }: Route): JsonShape {
  const { operationId, summary, parameters = [], answers } = documentation;
  const responses: Readonly<Record<string, AnswerDocumentation>> = { ...answers, ...GENERAL };
  return {
    operationId,
    summary,
    tags: [path.split('/')[2] ?? 'api'],
    ...(parameters.length > 0 && {
      parameters: parameters.map((each) => ({ ...each, required: placesIn(path).includes(each.name) })),
    }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } },
    }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, answer]) => [status, answerOf(status, answer)]),
    ),
  };
}

function answerOf(
  status: string,
  { description, schema, mediaType, example }: AnswerDocumentation,
): JsonShape {
  const shown = schema ?? (/^[45]/.test(status) ? errorSchema : undefined);
  if (shown === undefined) return { description };
  const content = { schema: schemaOf(shown), ...(example === undefined ? {} : { example }) };
  return { description, content: { [mediaType ?? 'application/json']: content } };
}

/** A schema that has a name by its name. */
function schemaOf(schema: z.ZodType | JsonShape): JsonShape {
  if (!(schema instanceof z.ZodType)) return schema;
  const id = apiSchemas.get(schema)?.id;
  if (id !== undefined) return { $ref: `${SCHEMAS}${id}` };
  if (schema instanceof z.ZodArray) return { type: 'array', items: schemaOf(schema.element as z.ZodType) };
  return withoutDialect(z.toJSONSchema(schema, { io: 'input' }));
}

/** As they are before our own reading of them: what is sent, and answers to which later versions may add. */
function componentSchemas(): JsonShape {
  const { schemas } = z.toJSONSchema(apiSchemas, { io: 'input', uri: (id) => `${SCHEMAS}${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutDialect(schema)]));
}

/** The dialect is OpenAPI's own, and the place in the document says which schema it is. */
function withoutDialect({ $schema, $id, '~standard': standard, ...rest }: JsonShape): JsonShape {
  return rest;
}
