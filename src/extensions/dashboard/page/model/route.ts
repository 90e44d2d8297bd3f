/** What the page shows, as it stands behind the # of its address. */
export interface Route {
  readonly view: View;
  readonly scope: Scope;
}

export const VIEWS = ['overview', 'methods', 'map', 'live', 'health', 'configuration'] as const;

export type View = (typeof VIEWS)[number];

/** What is looked at; without anything, all. The words are those of the API's parameters. */
export interface Scope {
  readonly container?: string;
  readonly socket?: string;
  readonly protocol?: string;
  readonly method?: string;
}

const PARTS = ['container', 'socket', 'protocol', 'method'] as const;

/** A word in an address that anybody can have written. */
const LONGEST_PART = 4096;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parameters = new URLSearchParams(query);
  const scope = Object.fromEntries(
    PARTS.flatMap((part) => {
      const value = parameters.get(part);
      return value === null || value === '' || value.length > LONGEST_PART ? [] : [[part, value]];
    }),
  );
  return { view: VIEWS.find((view) => view === path) ?? 'overview', scope };
}

export function routeHash(view: View, scope: Scope = {}): string {
  const query = scopeQuery(scope).toString();
  return `#/${view}${query === '' ? '' : `?${query}`}`;
}

/** The scope as parameters of the API, where a star in a method stands for any characters. */
export function scopeQuery(scope: Scope): URLSearchParams {
  const query = new URLSearchParams();
  for (const part of PARTS) if (scope[part] !== undefined) query.set(part, scope[part]);
  return query;
}
