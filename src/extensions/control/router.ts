import type { ServerResponse } from 'node:http';

/** A request that found its route, and the way to answer it. */
export interface Exchange {
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  /** Aborted when the client has gone or the agent is stopping: there is nobody to write to any more. */
  readonly signal: AbortSignal;
}

/** Something that can be asked of the agent. */
export interface Route {
  readonly method: string;
  /** The whole path, as `/v1/events`. */
  readonly path: string;
  answer(exchange: Exchange): Promise<void>;
}

export type Routed =
  | { readonly route: Route; readonly query: URLSearchParams }
  | { readonly status: 404 | 405; readonly message: string; readonly allow?: string };

/** Which of the routes is meant, or what is wrong with the request and what there is instead. */
export function findRoute(routes: readonly Route[], method = '', target = ''): Routed {
  const url = parseTarget(target);
  const here = routes.filter(({ path }) => path === url?.pathname);
  if (url === undefined || here.length === 0) {
    return { status: 404, message: `there is nothing here; there is ${routes.map(describe).join(', ')}` };
  }
  const route = here.find((each) => each.method === method);
  if (route !== undefined) return { route, query: url.searchParams };
  const allow = here.map((each) => each.method).join(', ');
  return { status: 405, message: `the method is not accepted here; accepted: ${allow}`, allow };
}

/** Answers a request that is refused. */
export function replyError(response: ServerResponse, status: number, message: string): void {
  const body = `${JSON.stringify({ error: message })}\n`;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

function parseTarget(target: string): URL | undefined {
  const base = 'http://localhost';
  return URL.canParse(target, base) ? new URL(target, base) : undefined;
}

function describe({ method, path }: Route): string {
  return `${method} ${path}`;
}
