import type { MonitoredSocket } from './monitored-socket.js';

/** A container's socket, by its path or by a host descriptor that refers to it. */
export type SocketName = string | number;

/** The open sockets of each container, by path and by host descriptor. */
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

  /** Makes a descriptor refer to a socket and to no other. False if there is no such socket. */
  addFd(containerId: string, fd: number, path: string): boolean {
    const names = this.#containers.get(containerId);
    const socket = names?.get(path);
    if (socket === undefined) names?.delete(fd);
    else names?.set(fd, socket);
    return socket !== undefined;
  }

  /** False if the descriptor referred to no socket. */
  removeFd(containerId: string, fd: number): boolean {
    return this.#containers.get(containerId)?.delete(fd) ?? false;
  }

  /** Removes a socket and its descriptors. */
  remove(socket: MonitoredSocket): void {
    const names = this.#containers.get(socket.containerId);
    if (names === undefined) return;
    for (const [name, named] of names) {
      if (named === socket) names.delete(name);
    }
    if (names.size === 0) this.#containers.delete(socket.containerId);
  }

  ofContainer(containerId: string): MonitoredSocket[] {
    return [...new Set(this.#containers.get(containerId)?.values())];
  }

  all(): MonitoredSocket[] {
    return [...this.#containers.keys()].flatMap((containerId) => this.ofContainer(containerId));
  }
}
