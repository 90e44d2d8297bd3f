import { isPathTemplate } from '../../protocols/http/routes/path-template.js';
import { accept, parsedBy, refuse } from '../../values/parsed.js';

/** A path with placeholders for whole segments. */
export function pathTemplate() {
  const parse = (input: unknown) =>
    typeof input === 'string' && isPathTemplate(input)
      ? accept(input)
      : refuse(
          'is not a template of a path; give one as /orders/{id} or /files/{path...}, with two of the latter kind at most',
        );
  return parsedBy(parse, { type: 'string', pattern: '^/' });
}
