/**
 * Entry point of the load generator: a process of its own that runs one job at a time, in a loop that
 * blocks, and talks to the harness only in between.
 */
import { runBulk } from './bulk.js';
import { runChurn } from './churn.js';
import { runEcho } from './echo.js';
import { runIdle } from './idle.js';
import type { Job, JobResult, LoadReply } from './jobs.js';

process.on('message', (job: Job) => {
  const reply = (message: LoadReply) => process.send?.(message);
  try {
    reply(run(job));
  } catch (error) {
    reply({ type: 'failed', error: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit());

function run(job: Job): JobResult {
  switch (job.type) {
    case 'echo':
      return runEcho(job);
    case 'churn':
      return runChurn(job);
    case 'bulk':
      return runBulk(job);
    case 'idle':
      return runIdle(job);
    default:
      throw new Error(`unknown job ${JSON.stringify(job satisfies never)}`);
  }
}
