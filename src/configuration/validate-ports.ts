import { type Endpoint, parseEndpoint } from '../values/endpoint.js';
import type { Finding, Path } from '../values/finding.js';
import { fields } from '../values/map.js';
import type { ParsedComponent } from './validate-components.js';

interface Listening {
  readonly path: Path;
  readonly written: string;
  readonly endpoint: Endpoint;
}

/** Names and addresses of the loopback: one name has both addresses. */
const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '::1'];

const EVERYWHERE: readonly (string | undefined)[] = [undefined, '0.0.0.0', '::'];

/** Finds two components that are used and would listen on the same port. Port 0 is another one each time. */
export function checkPorts(components: readonly ParsedComponent[]): Finding[] {
  const listening = components.filter(({ used }) => used).flatMap(listeningOf);
  return listening.flatMap((each, index) => {
    const earlier = listening.slice(0, index).find((other) => overlap(each.endpoint, other.endpoint));
    if (earlier === undefined) return [];
    const message = `${JSON.stringify(each.written)} is listened on twice; the other is`;
    return [{ path: each.path, message, other: earlier.path }];
  });
}

/** What a component listens on, if its schema has made a host and a port of what was written. */
function listeningOf({ path, config, kind }: ParsedComponent): Listening[] {
  const { endpoint } = fields(config);
  const { host, port } = fields(endpoint);
  if ((kind !== 'exporters' && kind !== 'extensions') || typeof port !== 'number') return [];
  const written = `${typeof host === 'string' ? host : ''}:${port}`;
  return parseEndpoint(`:${port}`).ok
    ? [{ path: [...path, 'endpoint'], written, endpoint: endpoint as Endpoint }]
    : [];
}

function overlap(a: Endpoint, b: Endpoint): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  if (a.host === b.host || EVERYWHERE.includes(a.host) || EVERYWHERE.includes(b.host)) return true;
  const [one, other] = [a.host ?? '', b.host ?? ''];
  // Its two addresses do not meet, and its name meets both.
  return LOOPBACK.includes(one) && LOOPBACK.includes(other) && [one, other].includes('localhost');
}
