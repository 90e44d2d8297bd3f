/**
 * mocha's spec reporter that also leaves its counts in the file `$UDSCOPE_TEST_STATS` names, as JSON. It writes
 * at the very end: no file means that mocha did not get there.
 */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

class StatsReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const path = process.env['UDSCOPE_TEST_STATS'];
    if (path === undefined) return;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      writeFileSync(path, `${JSON.stringify(this.stats)}\n`);
    });
  }
}

// mocha takes a reporter that is an ES module from its default export only.
export default StatsReporter;
