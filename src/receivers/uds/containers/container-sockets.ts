import { basename, dirname, join } from 'node:path';
import type { Logger } from 'pino';
import {
  type ContainerRequest,
  type ContainerSocketRequest,
  ControlError,
  type RegisteredContainer,
  type RegisteredSocket,
} from '../../../api/agent.js';
import { Serial } from '../../../async/serial.js';
import type { Containers } from '../../../identity/containers.js';
import { specificationIn } from '../../../identity/sources/bundle.js';
import type { ControlPlace } from '../../../layout/places.js';
import { isThere } from '../../../linux/files.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { type AnnotatedSocket, annotatedSockets } from '../../../runtime/annotated-sockets.js';
import { quote } from '../../../values/quote.js';
import { defaultSocketName, udsSocketSchema } from '../config.js';
import { OPENED } from '../counters.js';
import type { UdsReceiver } from '../receiver.js';
import { LoopError } from '../sockets/hop-book.js';
import type { RelaySocket } from '../sockets/relay-socket.js';
import type { RelayedSocket } from '../sockets/relayed-socket.js';
import { checkMounts } from './check-mounts.js';
import { namespaceOf, type Registered, RegisteredContainers } from './registered-containers.js';
import { makeSocketFolder, namesakeFolder, removeSocketFolder, socketFolder } from './socket-folder.js';
import { annotatedProblem, upstreamProblem } from './upstream-problem.js';

/** Sockets one container may have. */
const MAX_SOCKETS = 64;

/** `within`: as of AnnotatedSocket. */
type WantedSocket = ContainerSocketRequest & Partial<Pick<AnnotatedSocket, 'within'>>;

/** Containers that may be registered at a time: each of their sockets is a descriptor. */
const MAX_CONTAINERS = 20_000;

export interface ContainerSocketsSettings {
  readonly receiver: UdsReceiver;
  readonly containers: Containers;
  readonly logger: Logger;
  /** Where the agent is controlled at the moment. Left out: nowhere. */
  readonly controls?: () => readonly ControlPlace[];
}

/** Relay sockets that are made for containers one by one, and go when these do. */
export class ContainerSockets {
  readonly #settings: ContainerSocketsSettings;
  readonly #registered = new RegisteredContainers();
  /** One change after the other: a container may be announced and removed at the same time. */
  readonly #changes = new Serial();

  constructor(settings: ContainerSocketsSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#registered.size;
  }

  /** Whether a container of that id is registered, in that namespace if one is given. */
  has(id: string, namespace?: string): boolean {
    return this.#registered.named(id, namespace).length > 0;
  }

  /** What a container was registered with. */
  requestOf(id: string, namespace: string | undefined): ContainerRequest | undefined {
    return this.#registered.exactly(id, namespace)?.request;
  }

  /** Makes the sockets of a container, instead of those it may have. @throws ControlError */
  register(request: ContainerRequest): Promise<RegisteredContainer> {
    return this.#changes.run(() => this.#register(request));
  }

  /** Removes the sockets of a container with their connections. @throws ControlError */
  unregister(id: string, namespace?: string): Promise<void> {
    return this.#changes.run(async () => {
      const registered = this.#registered.only(id, namespace);
      if (registered === undefined) throw new ControlError(404, `no container ${quote(id)} is registered`);
      await this.#remove(registered);
    });
  }

  /** The agent ends, and with it the sockets; their folders would stay. */
  removeFolders(): void {
    for (const { folder } of this.#registered.all) removeSocketFolder(folder);
  }

  async #register(request: ContainerRequest): Promise<RegisteredContainer> {
    const { id } = request;
    const { directory, annotation } = this.#config();
    const controls = this.#settings.controls?.() ?? [];
    checkMounts(request, controls);
    const annotated = annotatedSockets(request.annotations, request.mounts, annotation);
    const refused = [...annotated.refused];
    for (const socket of annotated.sockets) {
      const reason = annotatedProblem(socket, directory, controls);
      if (reason !== undefined) refused.push({ path: socket.path, reason });
    }
    const usable = annotated.sockets.filter(({ path }) => !refused.some((other) => other.path === path));
    const wanted: WantedSocket[] = distinct([...request.sockets, ...usable]);
    for (const { path, upstream } of request.sockets) {
      const reason = upstreamProblem(upstream, directory, controls);
      if (reason !== undefined) throw new ControlError(422, `${quote(path)} ${reason}`);
    }
    const previous = this.#registered.replacedBy(request);
    if (wanted.length === 0) {
      if (previous !== undefined) await this.#remove(previous);
      return { id, sockets: [], refused };
    }
    const registered = previous ?? this.#newContainer(request, directory);
    await this.#setSockets(registered, wanted, request);
    this.#expect(registered, request.marker);
    registered.request = request;
    return { id, sockets: registered.sockets, refused };
  }

  #newContainer(request: ContainerRequest, directory: string): Registered {
    if (this.#registered.size >= MAX_CONTAINERS) {
      throw new ControlError(
        409,
        `there are ${MAX_CONTAINERS} containers already; no more can be registered`,
      );
    }
    const { id } = request;
    const namespace = namespaceOf(request);
    const { attributes, release } = this.#settings.containers.distinguish({ id, namespace });
    return {
      id,
      namespace,
      distinction: attributes,
      folder: this.#freeFolder(directory, id, namespace),
      sockets: [],
      request: { ...request, marker: undefined },
      release: () => {},
      forget: release,
    };
  }

  #freeFolder(directory: string, id: string, namespace = ''): string {
    const folder = socketFolder(directory, id);
    return this.#registered.isTaken(folder) ? namesakeFolder(directory, id, namespace) : folder;
  }

  /** Of a container that is registered again, sockets that stay the same are not touched. */
  async #setSockets(
    registered: Registered,
    wanted: readonly WantedSocket[],
    request: ContainerRequest,
  ): Promise<void> {
    const { receiver } = this.#settings;
    const kept = registered.sockets.filter((socket) => wanted.some((other) => isSame(socket, other)));
    const gone = registered.sockets.filter((socket) => !kept.includes(socket));
    for (const { listen } of gone) await receiver.remove(listen, false);
    const sockets = [...kept];
    registered.sockets = sockets;
    try {
      makeSocketFolder(this.#config().directory, registered.folder);
      this.#registered.add(registered);
      for (const socket of wanted) {
        if (kept.some((other) => isSame(other, socket))) continue;
        const listen = freePath(registered.folder, sockets);
        await receiver.add(this.#relayedSocket(listen, socket, request, registered));
        sockets.push({ path: socket.path, upstream: socket.upstream, listen });
      }
    } catch (error) {
      if (kept.length === 0) await this.#remove(registered);
      throw new ControlError(
        error instanceof LoopError ? 422 : 503,
        `the sockets of ${quote(registered.id)} cannot be made: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  #relayedSocket(
    listen: string,
    { path, upstream, within }: WantedSocket,
    { id, attributes, annotations, bundle }: ContainerRequest,
    { namespace, distinction }: Registered,
  ): RelayedSocket {
    const isTold = Object.keys(annotations).length > 0 || bundle === undefined;
    const specified = isTold ? annotations : specificationIn(bundle)?.['annotations'];
    const socket = udsSocketSchema.parse({
      name: defaultSocketName(path),
      listen,
      upstream,
      container: { id, attributes },
    });
    const known = { ...this.#settings.containers.attributesOf(id, specified), ...distinction };
    return { ...socket, path, known, namespace, within: within && realSocketPath(within) };
  }

  #expect(registered: Registered, marker: string | undefined): void {
    if (registered.request.marker === marker) return;
    registered.release();
    registered.release =
      marker === undefined
        ? () => {}
        : this.#settings.containers.expect(marker, (what) => this.#hasEnded(registered, marker, what));
  }

  #hasEnded(registered: Registered, marker: string, { wasThere }: { wasThere: boolean }): void {
    void this.#changes.run(async () => {
      // It may have come back under another marker meanwhile, or been removed.
      if (!this.#registered.has(registered) || registered.request.marker !== marker) return;
      if (!wasThere && this.#mayLive(registered, marker)) {
        this.#giveUpWaiting(registered, marker);
        return;
      }
      this.#settings.logger.debug(`container ${quote(registered.id)} has ended`);
      await this.#remove(registered);
    });
  }

  /**
   * Of a container whose marker has never appeared: whether it may have been made all the same. It is if somebody has
   * connected, and nobody can say where the place of the marker cannot be seen from here.
   */
  #mayLive(registered: Registered, marker: string): boolean {
    if (!isThere(dirname(marker))) return true;
    return this.#relaySockets(registered).some(({ relaying }) => (relaying?.totals()[OPENED] ?? 0) > 0);
  }

  /** With all that has been counted there up to now. */
  #relaySockets({ sockets }: Registered): RelaySocket[] {
    const { receiver } = this.#settings;
    receiver.drainReports();
    return sockets.flatMap(({ listen }) => receiver.socketAt(listen) ?? []);
  }

  /** It stays, and who registers it again may say another marker, or the same. */
  #giveUpWaiting(registered: Registered, marker: string): void {
    registered.release = () => {};
    registered.request = { ...registered.request, marker: undefined };
    this.#settings.logger.warn(
      `nothing is at ${quote(marker)}, so that the end of container ${quote(registered.id)} will not be noticed; ` +
        'its sockets stay until it is unregistered. Let the agent see where the runtime keeps its state',
    );
  }

  async #remove(registered: Registered): Promise<void> {
    registered.release();
    registered.forget();
    this.#registered.delete(registered);
    // First of all: flows without a connection end as soon as nobody can connect.
    for (const { relaying } of this.#relaySockets(registered)) relaying?.finish();
    for (const { listen } of registered.sockets) await this.#settings.receiver.remove(listen, true);
    removeSocketFolder(registered.folder);
  }

  #config() {
    const config = this.#settings.receiver.settings?.config.containers;
    if (config === undefined) throw new ControlError(503, 'the agent is not ready yet, or not any more');
    return config;
  }
}

/** Of several at one path the first counts. */
function distinct(sockets: readonly WantedSocket[]): WantedSocket[] {
  const byPath = new Map<string, WantedSocket>();
  for (const socket of sockets) {
    if (!byPath.has(socket.path)) byPath.set(socket.path, socket);
  }
  if (byPath.size > MAX_SOCKETS) {
    throw new ControlError(
      422,
      `a container may have ${MAX_SOCKETS} sockets, and this one wants ${byPath.size}`,
    );
  }
  return [...byPath.values()];
}

function isSame(a: ContainerSocketRequest, b: ContainerSocketRequest): boolean {
  return a.path === b.path && a.upstream === b.upstream;
}

/** `0.sock`, `1.sock`, …: nothing that a container has named gets into a path. */
function freePath(folder: string, taken: readonly RegisteredSocket[]): string {
  const names = new Set(taken.map(({ listen }) => basename(listen)));
  for (let i = 0; ; i++) {
    if (!names.has(`${i}.sock`)) return join(folder, `${i}.sock`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
