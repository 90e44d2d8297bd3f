import { once } from 'node:events';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { startThread, stopThread } from '../../../threads/start-thread.js';
import { LOAD_MS } from './load-module.js';
import { StrategyError, shown } from './module-strategy.js';
import type { ModuleSettings } from './settings.js';

/** What a module may make itself at home with, in its thread. */
export const MODULE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** What starting a thread may add to the time that a module has, in ms. */
const START_MS = 2000;

/** What the trial's thread says: what is wrong with the module, if anything is. */
export interface Verdict {
  readonly problem: string | undefined;
}

/** What the trial's thread is started with. */
export interface Trial {
  readonly settings: ModuleSettings;
  readonly withinMs: number;
  /** Takes the verdict. */
  readonly port: MessagePort;
}

/**
 * Loads a strategy's module and makes its strategy, only to see whether that can be done. It happens in a thread
 * that ends then, so that nothing which the module does, leaves behind or never finishes happens to anybody else.
 *
 * @param withinMs how long loading may take.
 * @param startMs how long starting its thread may take, in addition.
 * @throws StrategyError that names the file.
 */
export async function tryStrategy(
  settings: ModuleSettings,
  withinMs = LOAD_MS,
  startMs = START_MS,
): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const trial: Trial = { settings, withinMs, port: port2 };
  const worker = startThread(new URL('./trial-thread.js', import.meta.url), trial, {
    name: 'udscope-trial',
    transferList: [port2],
    resourceLimits: MODULE_LIMITS,
  });
  try {
    const problem = await problemOf(worker, port1, withinMs, startMs);
    if (problem !== undefined) throw new StrategyError(settings.file, problem);
  } finally {
    port1.close();
    await stopThread(worker);
  }
}

async function problemOf(
  worker: Worker,
  port: MessagePort,
  withinMs: number,
  startMs: number,
): Promise<string | undefined> {
  const over = new AbortController();
  const { signal } = over;
  // A module that never gives the thread back is not stopped by a timer of that thread.
  const timer = setTimeout(() => over.abort(), withinMs + startMs);
  const ended = once(worker, 'exit', { signal }).then(() => {
    // A thread that has said something may have ended before that is heard.
    const said = receiveMessageOnPort(port);
    return said === undefined ? 'ends the thread that loads it' : (said.message as Verdict).problem;
  });
  ended.catch(() => {});
  port.start();
  try {
    const said = once(port, 'message', { signal }) as Promise<[Verdict]>;
    return await Promise.race([said.then(([{ problem }]) => problem), ended]);
  } catch (error) {
    return signal.aborted ? `is not loaded after ${withinMs} ms` : `cannot be loaded: ${shown(error)}`;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
