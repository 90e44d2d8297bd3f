import type * as z from 'zod';
import type { JsonShape } from '../../../values/parsed.js';

/** A value in the path or the query of a request. */
export interface ParameterDocumentation {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly description: string;
  readonly schema: JsonShape;
}

export interface AnswerDocumentation {
  readonly description: string;
  /** Left out: an answer without a body. */
  readonly schema?: z.ZodType | JsonShape;
  /** JSON unless it says otherwise. */
  readonly mediaType?: string;
  readonly example?: unknown;
}

/** What the API's own description says of a route, beside its method, path and body. */
export interface Documentation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly ParameterDocumentation[];
  /** By HTTP status: what is told in case of success, and refusals that are the route's own. */
  readonly answers: Readonly<Record<number, AnswerDocumentation>>;
}
