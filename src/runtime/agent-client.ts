import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { ContainerSocketRequest } from '../api/agent.js';
import { MAX_SOCKETS } from '../api/containers/limits.js';
import type { ContainerMount } from '../api/containers/mount.js';
import type { RegisteredContainer } from '../api/containers/schema.js';
import { isMap } from '../values/map.js';
import { firstLine } from '../values/printable.js';
import { type AgentTrust, connectToAgent } from './agent-connection.js';
import type { Annotations } from './annotated-sockets.js';
import { PrepareError, shownPath, systemReason } from './failure.js';

/** What the agent is asked to relay for a container. */
export interface Registration {
  readonly id: string;
  /** What the id is unique in. */
  readonly namespace: string | undefined;
  readonly sockets: readonly ContainerSocketRequest[];
  /** Those that name the container. */
  readonly annotations: Annotations;
  readonly mounts: readonly ContainerMount[];
  /** The bundle directory, absolute. */
  readonly bundle: string;
  /** The path that is there as long as the container. Its key in the request is `marker`. */
  readonly livenessPath: string;
}

export interface AgentSettings {
  /** The Unix socket of its control extension. */
  readonly control: string;
  /** For all of it: to connect, to ask, to be answered. */
  readonly deadlineMs: number;
  readonly trust: AgentTrust;
}

const MAX_ANSWER_BYTES = 2 ** 20;
const MAX_REASON_LENGTH = 500;

/** What the agent has made, and the user that it runs as. */
export interface Relayed extends RegisteredContainer {
  readonly agentUid: number;
}

/** Has the agent make the relay sockets of a container. @throws PrepareError */
export async function registerContainer(
  { id, namespace, livenessPath: marker, ...body }: Registration,
  settings: AgentSettings,
): Promise<Relayed> {
  const { status, text, agentUid } = await exchange(settings, {
    method: 'PUT',
    path: routeOf(id, namespace),
    body: JSON.stringify({ ...body, marker }),
  });
  const answer = parseJson(text);
  if (status !== 200 && status !== 201) {
    const said =
      isMap(answer) && typeof answer['error'] === 'string' ? answer['error'] : `HTTP status ${status}`;
    throw new PrepareError(`the agent refuses the container: ${firstLine(said, MAX_REASON_LENGTH)}`, {
      reason: 'agent_refused',
    });
  }
  if (!isRegisteredContainer(answer)) {
    throw new PrepareError(
      `what answers at ${shownPath(settings.control)} is not an agent of udscope, or one of another version`,
      { reason: 'agent_unavailable' },
    );
  }
  return { ...answer, agentUid };
}

/** Takes back what was registered. If the agent cannot be reached, it notices by itself in the end. */
export async function unregisterContainer(
  { id, namespace }: Pick<Registration, 'id' | 'namespace'>,
  settings: AgentSettings,
): Promise<void> {
  await exchange(settings, { method: 'DELETE', path: routeOf(id, namespace), body: '' }).catch(() => {});
}

function routeOf(id: string, namespace: string | undefined): string {
  const route = `/v1/containers/${encodeURIComponent(id)}`;
  return namespace === undefined ? route : `${route}?namespace=${encodeURIComponent(namespace)}`;
}

interface Asked {
  readonly method: 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function exchange(settings: AgentSettings, asked: Asked): Promise<Answer & { agentUid: number }> {
  const { control, deadlineMs, trust } = settings;
  const tooLate = new PrepareError(
    `cannot ask the agent at ${shownPath(control)}: it has not answered within ${deadlineMs} ms`,
    { reason: 'agent_timeout' },
  );
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(tooLate), deadlineMs);
  try {
    const { socket, uid } = await connectToAgent(control, trust, deadline.signal);
    return { ...(await ask(socket, control, asked, deadline.signal)), agentUid: uid };
  } finally {
    clearTimeout(timer);
  }
}

function ask(
  socket: Socket,
  control: string,
  { method, path, body }: Asked,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) =>
      reject(
        new PrepareError(`cannot ask the agent at ${shownPath(control)}: ${reason}`, {
          cause,
          reason: 'agent_unavailable',
        }),
      );
    const asked = request({ ...optionsFor(body), method, path, createConnection: () => socket });
    signal.addEventListener('abort', () => {
      reject(signal.reason);
      asked.destroy();
    });
    asked.once('error', (error) => fail(systemReason(error), error));
    // It has no effect after an answer.
    asked.once('close', () => fail('it has ended the connection without an answer'));
    asked.once('response', (response) => collect(response, resolve, fail));
    asked.end(body);
  });
}

function optionsFor(body: string) {
  return {
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    // For TLS alone; without it Node checks whether the host is an address, with an expression that takes 4 ms to compile.
    servername: '',
  };
}

function collect(
  response: IncomingMessage,
  resolve: (answer: Answer) => void,
  fail: (reason: string) => void,
) {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= MAX_ANSWER_BYTES) return;
    fail(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    response.destroy();
  });
  response.once('error', () => fail('it has ended the connection in the middle of its answer'));
  response.once('end', () => {
    resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    // A server that keeps the connection open would keep this process running.
    response.destroy();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRegisteredContainer(value: unknown): value is RegisteredContainer {
  if (!isMap(value) || typeof value['id'] !== 'string') return false;
  const { sockets, refused } = value;
  return isListOf(sockets, ['path', 'upstream', 'listen']) && isListOf(refused, ['path', 'reason']);
}

function isListOf(value: unknown, keys: readonly string[]): boolean {
  if (!Array.isArray(value) || value.length > MAX_SOCKETS) return false;
  return value.every((item) => isMap(item) && keys.every((key) => typeof item[key] === 'string'));
}
