import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Running } from '../contestants/process.js';
import type {
  BulkJob,
  BulkResult,
  ChurnJob,
  ChurnResult,
  EchoJob,
  EchoResult,
  IdleJob,
  IdleResult,
  Job,
  LoadReply,
} from './jobs.js';

/** The load generator as the harness holds it. */
export class LoadGenerator {
  readonly #running: Running;

  constructor(cpu: number | undefined) {
    const script = fileURLToPath(new URL('main.js', import.meta.url));
    this.#running = new Running([execPath, script], cpu, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  run(job: EchoJob): Promise<EchoResult>;
  run(job: ChurnJob): Promise<ChurnResult>;
  run(job: BulkJob): Promise<BulkResult>;
  run(job: IdleJob): Promise<IdleResult>;
  /** Runs one job at a time. @throws Error when the bytes received are not the bytes sent. */
  async run(job: Job): Promise<LoadReply> {
    const { child } = this.#running;
    const answer = new Promise<LoadReply>((resolve) => child.once('message', resolve));
    child.send(job);
    const reply = await Promise.race([answer, this.#running.failure()]);
    if (reply.type === 'failed') throw new Error(reply.error);
    return reply;
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }
}
