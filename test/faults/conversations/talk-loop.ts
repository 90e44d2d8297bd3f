import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicMs } from '../../../src/linux/clock.js';
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../../src/linux/constants.js';
import { Epoll } from '../../../src/linux/epoll.js';
import { check } from '../../../src/linux/errno.js';
import type { Reporter } from './reporter.js';
import type { LoopMember } from './talk.js';

const EVENTS_MAX = 256;
const IDLE_MS = 5;
const LOOK_MS = 1_000;

/** Token of what is not a conversation. */
const LISTENER = -1;

/** Carries on many ends at a time, each as soon as the kernel lets it. */
export class TalkLoop {
  readonly report: Reporter;
  readonly #epoll = new Epoll(EVENTS_MAX);
  readonly #talks = new Map<number, LoopMember>();
  readonly #ready = new Set<LoopMember>();
  readonly #stalled = new Set<LoopMember>();
  #nextToken = 0;
  #lookedMs = monotonicMs();

  constructor(report: Reporter) {
    this.report = report;
  }

  get size(): number {
    return this.#talks.size;
  }

  /** Has `turn` called whenever there is something to accept. */
  listen(fd: number): void {
    check('epoll_ctl', this.#epoll.add(fd, EPOLLIN, LISTENER, 0));
  }

  add(talk: LoopMember): void {
    const token = this.#nextToken++ & 0x7fff_ffff;
    talk.token = token;
    const events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    check('epoll_ctl', this.#epoll.add(talk.fd, events, token, 0));
    this.#talks.set(token, talk);
    this.#ready.add(talk);
    talk.hear(true, true);
  }

  /** Goes on until `more` says that nothing more is to come, and everything is over. */
  async run(more: (nowMs: number) => boolean): Promise<void> {
    for (;;) {
      const nowMs = monotonicMs();
      const hasMore = more(nowMs);
      if (!hasMore && this.#talks.size === 0) return;
      this.#listenTo(this.#ready.size > 0 ? 0 : IDLE_MS);
      for (const talk of this.#stalled) {
        if (talk.isStalled(nowMs)) continue;
        this.#stalled.delete(talk);
        this.#ready.add(talk);
      }
      for (const talk of [...this.#ready]) this.#go(talk, nowMs);
      if (nowMs - this.#lookedMs > LOOK_MS) this.#look(nowMs);
      this.report.goOn(nowMs);
      await nextTurn();
    }
  }

  #listenTo(timeoutMs: number): void {
    const count = this.#epoll.wait(timeoutMs);
    for (let i = 0; i < count; i++) {
      const talk = this.#talks.get(this.#epoll.token(i));
      if (talk === undefined) continue;
      const events = this.#epoll.events(i);
      const isBroken = (events & (EPOLLERR | EPOLLHUP)) !== 0;
      talk.hear(isBroken || (events & (EPOLLIN | EPOLLRDHUP)) !== 0, isBroken || (events & EPOLLOUT) !== 0);
      this.#ready.add(talk);
    }
  }

  #go(talk: LoopMember, nowMs: number): void {
    try {
      if (talk.canGoOn(nowMs)) talk.step(nowMs);
    } catch (error) {
      this.report.wrong(talk, (error as Error).message);
      this.#end(talk);
      return;
    }
    if (talk.isOver) {
      this.report.over(talk);
      this.#end(talk);
    } else if (!talk.canGoOn(nowMs)) {
      this.#ready.delete(talk);
      if (talk.isStalled(nowMs)) this.#stalled.add(talk);
    }
  }

  #end(talk: LoopMember): void {
    this.#ready.delete(talk);
    this.#stalled.delete(talk);
    this.#talks.delete(talk.token);
    talk.close();
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    for (const talk of [...this.#talks.values()]) {
      try {
        if (!talk.isLost(nowMs)) continue;
        this.report.over(talk);
      } catch (error) {
        this.report.wrong(talk, (error as Error).message);
      }
      this.#end(talk);
    }
  }
}
