import type { Logger } from 'pino';
import { receiveDescriptors } from '../linux/descriptor-message.js';
import { close } from '../linux/socket.js';
import { type InheritedDescriptor, inheritedDescriptors, wholeNumber } from '../store/inherited.js';
import type { KeptDescriptors } from '../store/kept-descriptors.js';
import { closeForGood } from '../store/left-behind.js';
import { type Field, fieldsOf, LEAVING_FIELD } from '../store/message.js';
import { isStoreName } from '../store/names.js';
import { notifySocket, type ServiceManager, supervisorChannel } from '../store/service-manager.js';
import { awaitStart, hasWord, supervisorDescriptor, watchSupervisor } from '../store/supervised.js';

/** How this process was started: by `udscope supervise`, by systemd, or by neither, and with what. */
export class Launch {
  readonly manager: ServiceManager | undefined;
  readonly #inherited: readonly InheritedDescriptor[];
  /** The descriptor that leads to `udscope supervise`. */
  readonly #supervisor: number | undefined;
  readonly #isKept: boolean;
  /** The supervisor has said that another one may come. */
  #isLeft = false;

  private constructor(
    inherited: readonly InheritedDescriptor[],
    supervisor: number | undefined,
    { NOTIFY_SOCKET, FDSTORE }: NodeJS.ProcessEnv,
  ) {
    this.#inherited = inherited;
    this.#supervisor = supervisor;
    this.manager = supervisor === undefined ? notifySocket(NOTIFY_SOCKET) : this.#channel(supervisor);
    // systemd tells since version 254 how many descriptors it would keep.
    const isKeeping = (wholeNumber(FDSTORE) ?? 0) > 0 || inherited.some(({ name }) => isStoreName(name));
    this.#isKept = supervisor !== undefined || (this.manager !== undefined && isKeeping);
  }

  /**
   * Waits until this process is to start, which is at once unless it is a standby: that gets ready by `warmUp` before. undefined
   * if it never is to, because the supervisor has ended.
   */
  static async begin(env: NodeJS.ProcessEnv, warmUp: () => Promise<void>): Promise<Launch | undefined> {
    const supervisor = supervisorDescriptor(env);
    if (supervisor === undefined) return new Launch(inheritedDescriptors(env, process.pid), undefined, env);
    if (!hasWord(supervisor)) await warmUp();
    const inherited = awaitStart(supervisor);
    return inherited === undefined ? undefined : new Launch(inherited, supervisor, env);
  }

  /** Nothing is said to a supervisor that has ended in good order. */
  #channel(supervisor: number): ServiceManager {
    const channel = supervisorChannel(supervisor);
    return { ...channel, send: (text, fds) => (this.#isLeft ? 0 : channel.send(text, fds)) };
  }

  /** Whether the listening sockets outlive this process. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Asks the supervisor for something. False: there is none, or it does not listen. */
  ask(text: string): boolean {
    return this.#supervisor !== undefined && this.manager !== undefined && this.manager.send(text, []) >= 0;
  }

  /** What the supervisor has said since it was last listened to. */
  hear(): Field[] {
    const heard: Field[] = [];
    while (this.#supervisor !== undefined && hasWord(this.#supervisor)) {
      const message = receiveDescriptors(this.#supervisor);
      if (typeof message === 'number') break;
      for (const fd of message.fds) close(fd);
      heard.push(...fieldsOf(message.text));
    }
    // Whoever listened, and for whatever.
    this.#isLeft ||= heard.some(([key]) => key === LEAVING_FIELD);
    return heard;
  }

  /** Gives a store what the manager keeps and has kept. To be called once. `left`: the supervisor has ended, and another one is to come. */
  begin(store: KeptDescriptors, logger: Logger, left: () => void = () => {}): void {
    const { manager, isKept } = this;
    store.begin({ inherited: this.#inherited, manager, isKept });
    if (this.#supervisor === undefined) return;
    watchSupervisor(this.#supervisor, () => {
      this.hear();
      if (this.#isLeft) left();
      else logger.error('the supervisor has ended: relaying goes on, but nothing starts udscope again');
    });
  }
}

/** Closes the sockets that an earlier process has left and that are not relayed any more, and removes their files. */
export function closeUnclaimed(store: KeptDescriptors, logger: Logger): void {
  for (const { name, fd } of store.takeRest()) {
    const path = closeForGood(name, fd, (message) => logger.error(message));
    if (path !== undefined) logger.info(`no longer relaying ${path}`);
  }
  const units = store.unusedUnits;
  if (units.length > 0)
    logger.warn(
      `no socket of the configuration listens on what socket units have passed: ${units.join(', ')}`,
    );
}
