import { RequestNames } from './request-names.js';

const NO_ROUTES: readonly string[] = [];

/** All conversations under the same settings share them: they have most requests in common. */
const namesByRoutes = new WeakMap<readonly string[], RequestNames>();

/** The names of requests, with templates of paths that the user gave. */
export function requestNamesOf(routes: readonly string[] = NO_ROUTES): RequestNames {
  const known = namesByRoutes.get(routes);
  if (known !== undefined) return known;
  const names = new RequestNames(routes);
  namesByRoutes.set(routes, names);
  return names;
}
