import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PathWatch } from '../../../../src/receivers/uds/sockets/path-watch.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';

describe('PathWatch', () => {
  const cleanup = useCleanup();

  /** How often something was told of a path. */
  function watch(paths: PathWatch, path: string) {
    const seen = { count: 0 };
    const handle = paths.watch(path, () => {
      seen.count++;
    });
    return { seen, handle };
  }

  function pathWatch(): PathWatch {
    const paths = new PathWatch();
    cleanup.defer(() => paths.close());
    return paths;
  }

  /** Does something that has to be told. */
  async function tells(seen: { count: number }, what: string, action: () => void): Promise<void> {
    const before = seen.count;
    action();
    await eventually(`it is told that it was ${what}`, () => seen.count > before);
  }

  it('tells what happens to a path, and nothing of others', async () => {
    const directory = cleanup.directory();
    const paths = pathWatch();
    const { seen } = watch(paths, `${directory}/a`);
    const other = watch(paths, `${directory}/b`);
    assert.equal(paths.size, 1, 'one watch for a directory');
    await tells(seen, 'made', () => writeFileSync(`${directory}/a`, ''));
    await tells(seen, 'given a mode', () => chmodSync(`${directory}/a`, 0o600));
    await tells(seen, 'moved away', () => renameSync(`${directory}/a`, `${directory}/c`));
    await tells(seen, 'moved back', () => renameSync(`${directory}/c`, `${directory}/a`));
    await tells(seen, 'removed', () => rmSync(`${directory}/a`));
    assert.equal(other.seen.count, 0);
  });

  it('waits for directories that do not exist, and goes on when they are removed and made again', async () => {
    const directory = cleanup.directory();
    const paths = pathWatch();
    const { seen } = watch(paths, `${directory}/x/y/z/a`);
    for (let i = 0; i < 3; i++) {
      await tells(seen, 'made', () => {
        mkdirSync(`${directory}/x/y/z`, { recursive: true });
        writeFileSync(`${directory}/x/y/z/a`, '');
      });
      await tells(seen, 'given a mode', () => chmodSync(`${directory}/x/y/z/a`, 0o600));
      await tells(seen, 'removed', () => rmSync(`${directory}/x`, { recursive: true }));
    }
    assert.equal(paths.size, 1);
  });

  it('notices a directory that was exchanged', async () => {
    const directory = cleanup.directory();
    mkdirSync(`${directory}/x`);
    const paths = pathWatch();
    const { seen } = watch(paths, `${directory}/x/a`);
    await tells(seen, 'moved with its directory', () => renameSync(`${directory}/x`, `${directory}/old`));
    mkdirSync(`${directory}/x`);
    await sleep(300);
    await tells(seen, 'made', () => writeFileSync(`${directory}/x/a`, ''));
  });

  it('has no watch any more when nobody wants one', () => {
    const directory = cleanup.directory();
    const paths = pathWatch();
    const handles = ['a', 'b'].map((name) => watch(paths, `${directory}/${name}`).handle);
    handles[0].close();
    assert.equal(paths.size, 1);
    handles[1].close();
    assert.equal(paths.size, 0);
  });

  it('is not kept busy by who makes events in a loop, and tells what came of it', async () => {
    const directory = cleanup.directory();
    const { seen } = watch(pathWatch(), `${directory}/a`);
    const flood = Child.start(cleanup, 'event-flood', [`${directory}/a`]);
    await flood.hear();
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    cleanup.defer(() => clearInterval(timer));
    const beforeMs = performance.now();
    await eventually('the thread has done other things', () => turns >= 50);
    const periods = Math.ceil((performance.now() - beforeMs) / 250) + 1;
    assert.ok(seen.count <= periods * 34, `${seen.count} calls in ${periods} periods`);
    await flood.kill('SIGKILL');
    await sleep(300);
    await tells(seen, 'made', () => writeFileSync(`${directory}/a`, String(seen.count)));
  });
});
