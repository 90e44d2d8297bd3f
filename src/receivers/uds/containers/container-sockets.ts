import { basename, dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { type ContainerRequest, type ContainerSocketRequest, ControlError } from '../../../api/agent.js';
import type { RegisteredContainer } from '../../../api/containers/schema.js';
import { Serial } from '../../../async/serial.js';
import type { Containers } from '../../../identity/containers.js';
import type { ControlPlace } from '../../../layout/places.js';
import { isThere } from '../../../linux/files.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { quote } from '../../../values/quote.js';
import { defaultSocketName, udsSocketSchema } from '../config.js';
import { OPENED } from '../counters.js';
import type { UdsReceiver } from '../receiver.js';
import { LoopError } from '../sockets/hop-book.js';
import type { RelaySocket } from '../sockets/relay-socket.js';
import type { RelayedSocket } from '../sockets/relayed-socket.js';
import { checkAnnotations } from './check-annotations.js';
import { checkMounts } from './check-mounts.js';
import { namespaceOf, type Registered, RegisteredContainers } from './registered-containers.js';
import {
  foldersOf,
  removeRegistration,
  type SavedRegistration,
  saveRegistration,
} from './registration-file.js';
import { restorable } from './restorable.js';
import { makeSocketFolder, namesakeFolder, removeSocketFolder, socketFolder } from './socket-folder.js';
import { upstreamProblem } from './upstream-problem.js';

/** Containers that may be registered at a time: each of their sockets is a descriptor. */
const MAX_CONTAINERS = 20_000;

export interface ContainerSocketsSettings {
  readonly receiver: UdsReceiver;
  readonly containers: Containers;
  readonly logger: Logger;
  /** The control sockets of the agent at present. Left out: none. */
  readonly controls?: () => readonly ControlPlace[];
}

/** Relay sockets of single containers. They are removed when their container ends. */
export class ContainerSockets {
  readonly #settings: ContainerSocketsSettings;
  readonly #registered = new RegisteredContainers();
  /** A container may be registered and removed at the same time. */
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

  /** Removes the folders when the agent ends: closing the sockets leaves them. */
  removeFolders(): void {
    for (const { folder } of this.#registered.all) removeFolder(folder);
  }

  /**
   * Registers the containers again that an earlier process of the agent has left, if they are still there. Returns how many.
   */
  restore(): Promise<number> {
    return this.#changes.run(async () => {
      const { directory } = this.#config();
      const controls = this.#settings.controls?.() ?? [];
      let restored = 0;
      for (const name of foldersOf(directory, MAX_CONTAINERS)) {
        const saved = restorable(join(directory, name), directory, controls);
        if (saved !== undefined && (await this.#restore(saved))) restored++;
      }
      return restored;
    });
  }

  /** Makes the same sockets in the same places, or goes on with them. */
  async #restore({ request, namespace, folder, sockets }: SavedRegistration): Promise<boolean> {
    if (this.#registered.exactly(request.id, namespace) !== undefined) return false;
    const registered: Registered = { ...this.#newContainer(request, folder, namespace), sockets };
    try {
      makeSocketFolder(this.#config().directory, folder);
      this.#registered.add(registered);
      for (const socket of sockets)
        await this.#settings.receiver.add(this.#relayedSocket(socket.listen, socket, request, registered));
    } catch (error) {
      await this.#remove(registered);
      this.#settings.logger.error(
        `the sockets of ${quote(request.id)} are not relayed any more: ${messageOf(error)}`,
      );
      return false;
    }
    this.#expect(registered, request.livenessPath);
    registered.request = request;
    return true;
  }

  async #register(request: ContainerRequest): Promise<RegisteredContainer> {
    const { id } = request;
    const { directory, annotation } = this.#config();
    const controls = this.#settings.controls?.() ?? [];
    checkMounts(request, controls);
    checkAnnotations(request, annotation);
    const wanted: ContainerSocketRequest[] = [];
    const refused: RegisteredContainer['refused'] = [];
    for (const socket of request.sockets) {
      const { path, within } = socket;
      const reason = upstreamProblem(socket, directory, controls);
      if (reason === undefined) wanted.push(socket);
      else if (within !== undefined) refused.push({ path, reason });
      else throw new ControlError(422, `${quote(path)} ${reason}`);
    }
    const previous = this.#registered.replacedBy(request);
    if (wanted.length === 0) {
      if (previous !== undefined) await this.#remove(previous);
      return { id, sockets: [], refused };
    }
    const namespace = namespaceOf(request);
    const folder = previous?.folder ?? this.#freeFolder(directory, id, namespace);
    const registered = previous ?? this.#newContainer(request, folder, namespace);
    await this.#setSockets(registered, wanted, request);
    this.#expect(registered, request.livenessPath);
    registered.request = request;
    this.#save(registered);
    const sockets = registered.sockets.map(({ path, upstream, listen }) => ({ path, upstream, listen }));
    return { id, sockets, refused };
  }

  #newContainer(request: ContainerRequest, folder: string, namespace: string | undefined): Registered {
    if (this.#registered.size >= MAX_CONTAINERS) {
      throw new ControlError(
        409,
        `there are ${MAX_CONTAINERS} containers already; no more can be registered`,
      );
    }
    const { id } = request;
    const { attributes, release } = this.#settings.containers.distinguish({ id, namespace });
    return {
      id,
      namespace,
      distinction: attributes,
      folder,
      sockets: [],
      request: { ...request, livenessPath: undefined },
      release: () => {},
      forget: release,
    };
  }

  /** Without it the next process does not know the container, which is a loss only then. */
  #save(registered: Registered): void {
    try {
      saveRegistration(registered);
    } catch (error) {
      this.#settings.logger.warn(
        `container ${quote(registered.id)} is not known any more after a restart: ${messageOf(error)}`,
      );
    }
  }

  #freeFolder(directory: string, id: string, namespace = ''): string {
    const folder = socketFolder(directory, id);
    return this.#registered.isTaken(folder) ? namesakeFolder(directory, id, namespace) : folder;
  }

  /** Makes the wanted sockets. Those that a container has already are not touched. */
  async #setSockets(
    registered: Registered,
    wanted: readonly ContainerSocketRequest[],
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
        sockets.push({ ...socket, listen });
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
    { path, upstream, within }: ContainerSocketRequest,
    { id, attributes, annotations, bundle }: ContainerRequest,
    { namespace, distinction }: Registered,
  ): RelayedSocket {
    const socket = udsSocketSchema.parse({
      name: defaultSocketName(path),
      listen,
      upstream,
      container: { id, attributes },
    });
    const known = { ...this.#settings.containers.attributesOf(id, { annotations, bundle }), ...distinction };
    return { ...socket, path, known, namespace, within: within && realSocketPath(within) };
  }

  #expect(registered: Registered, livenessPath: string | undefined): void {
    if (registered.request.livenessPath === livenessPath) return;
    registered.release();
    registered.release =
      livenessPath === undefined
        ? () => {}
        : this.#settings.containers.expect(livenessPath, (what) =>
            this.#hasEnded(registered, livenessPath, what),
          );
  }

  #hasEnded(registered: Registered, livenessPath: string, { wasThere }: { wasThere: boolean }): void {
    void this.#changes.run(async () => {
      // It may have come back under another path meanwhile, or been removed.
      if (!this.#registered.has(registered) || registered.request.livenessPath !== livenessPath) return;
      if (!wasThere && this.#mayLive(registered, livenessPath)) {
        this.#giveUpWaiting(registered, livenessPath);
        return;
      }
      this.#settings.logger.debug(`container ${quote(registered.id)} has ended`);
      await this.#remove(registered);
    });
  }

  /**
   * Whether a container may have been made although its liveness path has never appeared. It was if a client has connected, and
   * it may have been if the directory of that path cannot be seen from here.
   */
  #mayLive(registered: Registered, livenessPath: string): boolean {
    if (!isThere(dirname(livenessPath))) return true;
    return this.#relaySockets(registered).some((socket) => (socket.totals()?.[OPENED] ?? 0) > 0);
  }

  /** Up to date with everything that has been counted. */
  #relaySockets({ sockets }: Registered): RelaySocket[] {
    const { receiver } = this.#settings;
    receiver.drainReports();
    return sockets.flatMap(({ listen }) => receiver.socketAt(listen) ?? []);
  }

  /** The container stays. It can be registered again with another liveness path, or the same. */
  #giveUpWaiting(registered: Registered, livenessPath: string): void {
    registered.release = () => {};
    registered.request = { ...registered.request, livenessPath: undefined };
    this.#settings.logger.warn(
      `nothing is at ${quote(livenessPath)}, so that the end of container ${quote(registered.id)} will not be noticed; ` +
        'its sockets stay until it is unregistered. Let the agent see where the runtime keeps its state',
    );
  }

  async #remove(registered: Registered): Promise<void> {
    registered.release();
    registered.forget();
    this.#registered.delete(registered);
    for (const { listen } of registered.sockets) await this.#settings.receiver.remove(listen, true);
    removeFolder(registered.folder);
  }

  #config() {
    const config = this.#settings.receiver.settings?.config.containers;
    if (config === undefined) throw new ControlError(503, 'the agent is not ready yet, or not any more');
    return config;
  }
}

function removeFolder(folder: string): void {
  removeRegistration(folder);
  removeSocketFolder(folder);
}

function isSame(a: ContainerSocketRequest, b: ContainerSocketRequest): boolean {
  return a.path === b.path && a.upstream === b.upstream && a.within === b.within;
}

/** `0.sock`, `1.sock`, …: no name that a container chose becomes part of a path. */
function freePath(folder: string, taken: Registered['sockets']): string {
  const names = new Set(taken.map(({ listen }) => basename(listen)));
  for (let i = 0; ; i++) {
    if (!names.has(`${i}.sock`)) return join(folder, `${i}.sock`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
