import { DOCKER_ROUTES } from './docker.js';
import { templateByRule } from './general-rule.js';
import { LIBPOD_ROUTES } from './libpod.js';
import { PathTemplate, SEGMENTS_MAX, segmentsOf } from './path-template.js';

/** Behind the root of both APIs, which is not part of the templates in their descriptions: `/v1.43`, `/v5.0.0-dev`. */
const VERSION = /^v\d+\.\d[0-9A-Za-z.-]*$/;

/** Templates by the first segment of their paths, the most telling first. */
class TemplateIndex {
  readonly #byFirst = new Map<string, PathTemplate[]>();
  readonly #others: PathTemplate[];

  constructor(written: readonly string[]) {
    const templates = written.map((one) => new PathTemplate(one)).sort((a, b) => a.compare(b));
    this.#others = templates.filter(({ firstSegment }) => firstSegment === undefined);
    for (const template of templates) {
      const { firstSegment } = template;
      if (firstSegment === undefined) continue;
      const same = this.#byFirst.get(firstSegment);
      if (same === undefined) this.#byFirst.set(firstSegment, [template]);
      else same.push(template);
    }
  }

  find(segments: readonly string[]): string | undefined {
    const matches = (template: PathTemplate) => template.matches(segments);
    const found = this.#byFirst.get(segments[0])?.find(matches) ?? this.#others.find(matches);
    return found?.text;
  }
}

const DOCKER = new TemplateIndex(DOCKER_ROUTES);
/** By the segment behind `libpod`, which all of them begin with. */
const LIBPOD = new TemplateIndex(LIBPOD_ROUTES.map((route) => route.slice('/libpod'.length)));

const BUILT_IN: ReadonlySet<string> = new Set(
  [...DOCKER_ROUTES, ...LIBPOD_ROUTES].map((route) => new PathTemplate(route).text),
);

/** Finds the template of a path: one of the user's, one of an API that is known, or by a rule. */
export class RouteTable {
  readonly #own: TemplateIndex;

  constructor(own: readonly string[]) {
    this.#own = new TemplateIndex(own);
  }

  /** `path`: what begins with a slash, without its query. */
  templateOf(path: string): string {
    const segments = segmentsOf(path);
    const isMatched = segments.length <= SEGMENTS_MAX;
    const known = isMatched ? (this.#own.find(segments) ?? builtIn(segments)) : undefined;
    return known ?? templateByRule(segments);
  }
}

/** Templates of the user as they are shown, by the list that they stand in, which is asked for with each span. */
const shownOf = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Whether it is a template that the server's description, or the user, gives, and none that was made by a rule. */
export function isKnownRoute(template: string, own: readonly string[]): boolean {
  return BUILT_IN.has(template) || (own.length > 0 && shown(own).has(template));
}

function shown(own: readonly string[]): ReadonlySet<string> {
  const known = shownOf.get(own);
  if (known !== undefined) return known;
  const made = new Set(own.map((one) => new PathTemplate(one).text));
  shownOf.set(own, made);
  return made;
}

function builtIn(segments: readonly string[]): string | undefined {
  const [first] = segments;
  const below = segments.length > 1 && VERSION.test(first) ? segments.slice(1) : segments;
  if (below[0] !== 'libpod') return DOCKER.find(below);
  const found = LIBPOD.find(below.slice(1));
  return found === undefined ? undefined : `/libpod${found}`;
}
