import type { MonitoredSocket } from './monitored-socket.js';

/** A socket of a container: its path, or a descriptor of the host that stands for it. */
export type SocketName = string | number;

/** The open sockets of each container, under their paths and their host descriptors. */
export class SocketRegistry {
  readonly #containers = new Map<string, Map<SocketName, MonitoredSocket>>();

  find(containerId: string, name: SocketName): MonitoredSocket | undefined {
    return this.#containers.get(containerId)?.get(name);
  }

  add(socket: MonitoredSocket): void {
    let names = this.#containers.get(socket.containerId);
    if (names === undefined) {
      names = new Map();
      this.#containers.set(socket.containerId, names);
    }
    names.set(socket.socketPath, socket);
  }

  /** Gives a descriptor to a socket; whose it was before has lost it. False when there is no such socket. */
  addFd(containerId: string, fd: number, path: string): boolean {
    const names = this.#containers.get(containerId);
    const socket = names?.get(path);
    if (socket === undefined) names?.delete(fd);
    else names?.set(fd, socket);
    return socket !== undefined;
  }

  /** False when it was nobody's. */
  removeFd(containerId: string, fd: number): boolean {
    return this.#containers.get(containerId)?.delete(fd) ?? false;
  }

  /** Takes a socket out, its descriptors too. */
  remove(socket: MonitoredSocket): void {
    const names = this.#containers.get(socket.containerId);
    if (names === undefined) return;
    for (const [name, named] of names) {
      if (named === socket) names.delete(name);
    }
    if (names.size === 0) this.#containers.delete(socket.containerId);
  }

  /** The sockets of one container. */
  ofContainer(containerId: string): MonitoredSocket[] {
    return [...new Set(this.#containers.get(containerId)?.values())];
  }

  /** All sockets. */
  all(): MonitoredSocket[] {
    return [...this.#containers.keys()].flatMap((containerId) => this.ofContainer(containerId));
  }
}
