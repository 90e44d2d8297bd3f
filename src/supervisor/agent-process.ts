import { type ChildProcess, spawn } from 'node:child_process';
import { packetPair, receiveDescriptors, sendDescriptors } from '../linux/descriptor-message.js';
import { signalArrivals } from '../linux/descriptors.js';
import { isPassing } from '../linux/errno.js';
import { close } from '../linux/socket.js';
import { type Field, fieldsOf } from '../store/message.js';
import { SUPERVISOR_VARIABLE } from '../store/supervised.js';

/** The descriptor of the child's end, in the child. */
const CHILD_FD = 3;

/** So many descriptors go with one message, whose names fit in it. */
const BATCH = 15;

/** How soon to go on with a child that has not read yet what it was sent, in ms. */
const RETRY_MS = 5;

/** So many messages are read at a time: a faulty child must not keep the supervisor from its other work. */
const MESSAGES_AT_A_TIME = 64;

/** What the parent's environment says of the parent only. */
const NOT_FOR_CHILDREN = [
  ...['NOTIFY_SOCKET', 'FDSTORE', 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'],
  ...['WATCHDOG_PID', 'WATCHDOG_USEC', 'MAINPID'],
];

/** How a process has ended. `signal`: what killed it; `error`: it could not be started at all. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: NodeJS.ErrnoException;
}

export interface AgentProcessEvents {
  /** It has sent a message of sd_notify(3). The descriptors are the receiver's to close. */
  message(fields: readonly Field[], fds: readonly number[]): void;
  ended(end: ProcessEnd): void;
}

/**
 * An agent as its supervisor has it. Both speak over a pair of sockets without a name, so that nobody else can take part:
 *
 *   supervisor ── FDNAME=… with its descriptors, …, START=1 ──►  agent
 *   supervisor ◄── READY=1, STATUS=…, FDSTORE=1 FDNAME=… with a descriptor, FDSTOREREMOVE=1 FDNAME=… ──  agent
 */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #fd: number;
  #events: AgentProcessEvents | undefined;
  readonly #toSend: { text: string; fds: readonly number[] }[] = [];
  #isReading = false;
  #hasEnded = false;

  /** Runs the command, which loads what it needs and waits for `start`. @throws SystemCallError when descriptors have run out */
  constructor([command, ...args]: readonly [string, ...string[]]) {
    const [own, childs] = packetPair();
    this.#fd = own;
    signalArrivals(own);
    this.#child = spawn(command, args, {
      // A process group of its own: Ctrl-C is for the supervisor, which passes it on once.
      detached: true,
      env: childEnvironment(),
      stdio: ['inherit', 'inherit', 'inherit', childs],
    });
    close(childs);
    this.#child.once('error', (error) => this.#end({ code: null, signal: null, error }));
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }));
  }

  /** Who is told of it from now on. To be called at once. */
  listen(events: AgentProcessEvents): void {
    this.#events = events;
  }

  /** 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Has it start, with these descriptors; they can be closed when it returns. */
  start(descriptors: ReadonlyMap<string, number>): void {
    const all = [...descriptors];
    for (let i = 0; i < all.length; i += BATCH) {
      const batch = all.slice(i, i + BATCH);
      this.#toSend.push({
        text: batch.map(([name]) => `FDNAME=${name}`).join('\n'),
        fds: batch.map(([, fd]) => fd),
      });
    }
    this.#toSend.push({ text: 'START=1', fds: [] });
    this.#send();
  }

  /** Says something to it that it listens for. */
  tell(text: string): void {
    this.#toSend.push({ text, fds: [] });
    this.#send();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Reads what it has sent. */
  read(): void {
    if (!this.#isReading) this.#readSome();
  }

  #readSome(): void {
    this.#isReading = false;
    for (let i = 0; i < MESSAGES_AT_A_TIME; i++) {
      if (!this.#readOne()) return;
    }
    // One at a time, however many signals arrive meanwhile.
    this.#isReading = true;
    setImmediate(() => this.#readSome());
  }

  #readOne(): boolean {
    if (this.#hasEnded) return false;
    const message = receiveDescriptors(this.#fd);
    if (typeof message === 'number') return false;
    this.#events?.message(fieldsOf(message.text), message.fds);
    return true;
  }

  #send(): void {
    while (this.#toSend.length > 0 && !this.#hasEnded) {
      const { text, fds } = this.#toSend[0];
      // Without its descriptors it would bind their paths anew, and strand who has mounted the sockets.
      if (isPassing(-sendDescriptors(this.#fd, text, fds))) {
        setTimeout(() => this.#send(), RETRY_MS);
        return;
      }
      this.#toSend.shift();
    }
  }

  /** What it said last counts, too: a socket that it had kept just before it died. */
  #end(end: ProcessEnd): void {
    if (this.#hasEnded) return;
    while (this.#readOne());
    this.#hasEnded = true;
    close(this.#fd);
    this.#events?.ended(end);
  }
}

function childEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, [SUPERVISOR_VARIABLE]: String(CHILD_FD) };
  for (const name of NOT_FOR_CHILDREN) delete env[name];
  return env;
}
