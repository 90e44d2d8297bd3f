import { printable, printableJson } from '../../values/printable.js';
import { socketPathRefusal } from '../../values/socket-path.js';
import { type FoundSocket, fileNameOf } from './find-sockets.js';

/** Where the sockets of the agent are to lie. */
export interface Places {
  /** Relay sockets, each in a directory of its own. */
  readonly sockets: string;
  /** The control socket. */
  readonly control: string;
  /** Sockets of single containers. */
  readonly containers: string;
}

const HEAD = `# Made by udscope init for what listens on this host. udscope validate checks it, udscope run starts with it;
# after a change: udscope reload. Every key and its default: udscope config print --origins.
`;

const SOCKETS = `receivers:
  uds:
    # Sockets of annotated containers: docs/containers.md.
    containers: { directory: CONTAINERS }
    # Each relay socket lies in a directory of its own: mount that directory, read-only, and nothing above it, as
    #   -v DIRECTORY:/where:ro
    # Who mounts one of them can do with the service behind it whatever the service permits.
`;

const REST = `processors:
  capture: {}    # the first 512 bytes and the last 256 of each message stay in memory until they are decoded
  enrich: {}     # methods, durations and errors; payload: none shows nothing of parameters and results
exporters:
  prometheus: { endpoint: "localhost:9464" }   # curl -s localhost:9464/metrics
  # otlphttp: { endpoint: "http://localhost:4318" }   # add it to the pipeline below, and to one of traces
extensions:
  # udscope tail, ps, status, reload and doctor ask here. Its users are as powerful as the agent's user: never mount it, nor a
  # directory above it, into a container.
  control: { socket: CONTROL }
service:
  extensions: [control]
  pipelines:
    metrics: { receivers: [uds], processors: [capture, enrich], exporters: [prometheus] }
`;

/** A configuration that relays what was found, in the words of the documents. */
export function configurationDocument(found: readonly FoundSocket[], places: Places): string {
  const isRelayed = found.some(({ candidate }) => candidate.risk === undefined);
  const list = isRelayed ? '    sockets:\n' : '    sockets: []\n';
  const none = found.length === 0 ? '    # None of the sockets that udscope init knows listens here.\n' : '';
  const sockets = SOCKETS.replace('CONTAINERS', () => quoted(places.containers));
  const rest = REST.replace('CONTROL', () => quoted(places.control));
  return [HEAD, sockets, none, list, ...found.map((socket) => entryOf(socket, places)), rest].join('');
}

/** Whether the relay socket's path is none too long: some services and their users choose a part of it. */
export function fits(socket: FoundSocket, places: Places): boolean {
  return socketPathRefusal(listenOf(socket, places)) === undefined;
}

function listenOf(socket: FoundSocket, { sockets }: Places): string {
  return `${sockets}/${socket.name}/${fileNameOf(socket)}`;
}

function entryOf(socket: FoundSocket, places: Places): string {
  const { candidate, name, path, type } = socket;
  const { title, notes = [], risk = [] } = candidate;
  const comments = [type === 'stream' ? title : `${title} (${type})`, ...notes, ...risk];
  const listen = quoted(listenOf(socket, places));
  const lines = [`- name: ${name}`, `  listen: ${listen}`, `  upstream: ${quoted(path)}`];
  const written = risk.length === 0 ? lines : lines.map((line) => `# ${line}`);
  return [...comments.map((text) => `# ${printable(text)}`), ...written]
    .map((line) => `      ${line}\n`)
    .join('');
}

/** A text in YAML. A dollar sign in it is a plain one. */
function quoted(text: string): string {
  const doubled = text.replaceAll('$', '$$$$');
  return /^[A-Za-z0-9/][A-Za-z0-9_./-]*$/.test(doubled) ? doubled : printableJson(doubled);
}
