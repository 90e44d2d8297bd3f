import type { ServerResponse } from 'node:http';
import type * as z from 'zod';
import { quote } from '../../values/quote.js';
import type { Documentation } from './openapi/documentation.js';

/** A request that found its route, and the way to answer it. */
export interface Exchange {
  /** The texts in the places of the route's path, by their names. Each may be any text that is not empty. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What was sent, as JSON has it; undefined when the route takes nothing. */
  readonly body: unknown;
  readonly response: ServerResponse;
  /** Aborted when the client has gone or the agent is stopping. */
  readonly signal: AbortSignal;
}

/** A request that the agent answers. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The whole path, as `/v1/events`; `{name}` stands for one segment. */
  readonly path: string;
  /** The schema of the body; without it a body is thrown away. */
  readonly body?: z.ZodType;
  readonly documentation: Documentation;
  /** The answer is waited for even while the server closes, because the request may be what closes it. */
  readonly outlasts?: true;
  /** @throws RequestError or ControlError to refuse. */
  answer(exchange: Exchange): Promise<void> | void;
}

export type Routed =
  | ({ readonly route: Route } & Pick<Exchange, 'parameters' | 'query'>)
  | { readonly status: 400 | 404 | 405; readonly message: string; readonly allow?: string };

/** A segment of a route's path that stands for any. */
const PLACE = /^\{(\w+)\}$/;

/** The route of a request, or why there is none and what there is instead. */
export function findRoute(routes: readonly Route[], method = '', target = ''): Routed {
  const url = parseTarget(target);
  const here = routes.filter(({ path }) => url !== undefined && matches(path, url.pathname));
  if (url === undefined || here.length === 0) {
    return { status: 404, message: `there is nothing here; there is ${routes.map(describe).join(', ')}` };
  }
  const route = here.find((each) => each.method === method);
  if (route === undefined) {
    const allow = here.map((each) => each.method).join(', ');
    return { status: 405, message: `the method is not accepted here; accepted: ${allow}`, allow };
  }
  try {
    return { route, parameters: parametersOf(route.path, url.pathname), query: url.searchParams };
  } catch {
    return { status: 400, message: `${quote(url.pathname)} has percent signs that stand for no text` };
  }
}

/** The names of the places in a path. */
export function placesIn(path: string): string[] {
  return path.split('/').flatMap((segment) => PLACE.exec(segment)?.[1] ?? []);
}

export function describe({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function parseTarget(target: string): URL | undefined {
  const base = 'http://localhost';
  return URL.canParse(target, base) ? new URL(target, base) : undefined;
}

function matches(path: string, pathname: string): boolean {
  const segments = pathname.split('/');
  const wanted = path.split('/');
  return (
    segments.length === wanted.length &&
    wanted.every((segment, i) => (PLACE.test(segment) ? segments[i] !== '' : segment === segments[i]))
  );
}

/** @throws URIError */
function parametersOf(path: string, pathname: string): Record<string, string> {
  const segments = pathname.split('/');
  const taken = path.split('/').flatMap((segment, i): [string, string][] => {
    const name = PLACE.exec(segment)?.[1];
    return name === undefined ? [] : [[name, decodeURIComponent(segments[i]!)]];
  });
  return Object.fromEntries(taken);
}
