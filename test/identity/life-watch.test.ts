import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type FSWatcher, mkdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LifeWatch, type LifeWatchSettings } from '../../src/identity/life-watch.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

/** So long that no test passes because of it. */
const NEVER_MS = 3_600_000;

describe('LifeWatch', () => {
  const cleanup = useCleanup();
  let folder: string;
  let ended: string[];

  beforeEach(() => {
    folder = cleanup.directory();
    ended = [];
  });

  function start(settings: Partial<LifeWatchSettings> = {}): LifeWatch {
    const lives = new LifeWatch((path) => ended.push(path), {
      sweepMs: NEVER_MS,
      auditMs: NEVER_MS,
      ...settings,
    });
    cleanup.defer(() => lives.close());
    return lives;
  }

  function made(...path: string[]): string {
    const full = join(folder, ...path);
    mkdirSync(full, { recursive: true });
    return full;
  }

  const untilEnded = (...paths: string[]) =>
    eventually(
      'all of them ended',
      () => paths.every((one) => ended.includes(one)),
      () => ended,
    );

  it('reports a directory and a file that vanish, once each', async () => {
    const lives = start();
    const [a, b] = [made('a'), join(folder, 'b')];
    writeFileSync(b, '');
    for (const one of [a, b]) lives.watch(one);
    rmSync(a, { recursive: true });
    await untilEnded(a);
    rmSync(b);
    await untilEnded(b);
    assert.deepEqual(ended, [a, b]);
  });

  it('does not report paths that stay, change or are replaced', async () => {
    const lives = start();
    const [stays, goes] = [join(folder, 'stays'), made('goes')];
    writeFileSync(stays, '1');
    for (const one of [stays, goes]) lives.watch(one);
    writeFileSync(stays, '2');
    writeFileSync(join(folder, 'new'), '3');
    renameSync(join(folder, 'new'), stays);
    rmSync(goes, { recursive: true });
    await untilEnded(goes);
    assert.deepEqual(ended, [goes]);
  });

  it('reports a path that had already vanished, but only after watch() has returned', async () => {
    const lives = start();
    const [gone, far] = [join(folder, 'gone'), join(folder, 'no', 'such', 'parent')];
    for (const one of [gone, far]) lives.watch(one);
    assert.deepEqual(ended, []);
    await untilEnded(gone, far);
  });

  it('reports paths whose parent vanishes or moves', async () => {
    const lives = start();
    const [a, b, c] = [made('x', 'a'), made('x', 'b'), made('y', 'c')];
    for (const one of [a, b, c]) lives.watch(one);
    rmSync(join(folder, 'x'), { recursive: true });
    renameSync(join(folder, 'y'), join(folder, 'z'));
    await untilEnded(a, b, c);
    assert.equal(ended.length, 3);
  });

  it('keeps watching when the parent is removed and created again at once', async () => {
    const lives = start();
    const a = made('x', 'a');
    lives.watch(a);
    renameSync(join(folder, 'x'), join(folder, 'old'));
    made('x', 'a');
    const other = made('other');
    lives.watch(other);
    rmSync(other, { recursive: true });
    await untilEnded(other);
    assert.deepEqual(ended, [other]);
    rmSync(a, { recursive: true });
    await untilEnded(a);
  });

  it('reports nothing after unwatch() or close()', async () => {
    const lives = start();
    const [a, b, c] = [made('a'), made('b'), made('c')];
    for (const one of [a, b]) lives.watch(one);
    lives.unwatch(a);
    rmSync(a, { recursive: true });
    rmSync(b, { recursive: true });
    await untilEnded(b);
    lives.watch(c);
    lives.watch(join(folder, 'none'));
    lives.close();
    rmSync(c, { recursive: true });
    const others = start();
    others.watch(a);
    await untilEnded(a);
    assert.deepEqual(ended, [b, a]);
  });

  it('opens one watch for each directory, and closes it with its last path', () => {
    const watchers: FSWatcher[] = [];
    let open = 0;
    const lives = start({
      watch: (...args) => {
        const watcher = watch(...args);
        watcher.on('close', () => open--);
        open++;
        watchers.push(watcher);
        return watcher;
      },
    });
    const paths = Array.from({ length: 100 }, (_, i) => made(`m${i}`));
    for (const one of paths) lives.watch(one);
    assert.equal(watchers.length, 1);
    for (const one of paths) lives.unwatch(one);
    return eventually('it is closed', () => open === 0);
  });

  it('eventually notices events that the kernel lost, for any number of paths', async () => {
    // The event queue has overflowed: the watch exists, but is silent.
    const silent: LifeWatchSettings['watch'] = (path) => watch(path, { persistent: false });
    const lives = start({ auditMs: 2, watch: silent });
    const paths = Array.from({ length: 100 }, (_, i) => made(`c${i}`));
    for (const one of paths) lives.watch(one);
    const gone = paths.filter((_, i) => i % 9 === 0);
    for (const one of gone) rmSync(one, { recursive: true });
    await untilEnded(...gone);
    assert.deepEqual([...ended].sort(), [...gone].sort());
  });

  describe('where the kernel does not watch', () => {
    const noMore = () => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };

    it('checks at intervals', async () => {
      const lives = start({ sweepMs: 5, watch: noMore });
      const [a, b] = [made('a'), made('b')];
      for (const one of [a, b]) lives.watch(one);
      rmSync(a, { recursive: true });
      await untilEnded(a);
      assert.deepEqual(ended, [a]);
    });

    it('tries to watch again, then relies on the kernel', async () => {
      let refusals = 2;
      let granted = 0;
      const lives = start({
        sweepMs: 5,
        watch: (...args) => {
          if (refusals-- > 0) noMore();
          granted++;
          return watch(...args);
        },
      });
      const a = made('a');
      lives.watch(a);
      await eventually('a watch is granted', () => granted === 1);
      rmSync(a, { recursive: true });
      await untilEnded(a);
      assert.equal(granted, 1);
    });

    it('checks at intervals when a watch fails later', async () => {
      const watchers: FSWatcher[] = [];
      const lives = start({
        sweepMs: 5,
        watch: (...args) => {
          if (watchers.length > 0) noMore();
          const watcher = watch(...args);
          watchers.push(watcher);
          return watcher;
        },
      });
      const a = made('a');
      lives.watch(a);
      watchers[0]!.emit('error', new Error('lost'));
      rmSync(a, { recursive: true });
      await untilEnded(a);
    });
  });

  describe('watchPending', () => {
    it('waits for a path and its parent to appear, and reports when it vanishes', async () => {
      const lives = start({ pendingMs: 5 });
      const path = join(folder, 'x', 'y', 'a');
      lives.watchPending(path, NEVER_MS);
      const late = join(folder, 'late');
      lives.watchPending(late, 0);
      await untilEnded(late);
      made('x', 'y', 'a');
      const after = join(folder, 'after');
      lives.watchPending(after, 50);
      await untilEnded(after);
      assert.deepEqual(ended, [late, after]);
      rmSync(path, { recursive: true });
      await untilEnded(path);
    });

    it('reports a path that does not appear in time as ended', async () => {
      const lives = start({ pendingMs: 5 });
      lives.watchPending(join(folder, 'a'), 20);
      await untilEnded(join(folder, 'a'));
      assert.equal(ended.length, 1);
    });

    it('keeps a watched path, and starts to watch one that exists', async () => {
      const lives = start({ pendingMs: NEVER_MS });
      const [a, b] = [made('a'), made('b')];
      lives.watch(a);
      lives.watchPending(a, 0);
      lives.watchPending(b, 0);
      await Promise.resolve();
      for (const one of [a, b]) rmSync(one, { recursive: true });
      await untilEnded(a, b);
      assert.equal(ended.length, 2);
    });

    it('forgets a path after unwatch()', async () => {
      const lives = start({ pendingMs: 5 });
      const [a, b] = [join(folder, 'a'), join(folder, 'b')];
      lives.watchPending(a, 10);
      lives.unwatch(a);
      lives.watchPending(b, 30);
      await untilEnded(b);
      assert.deepEqual(ended, [b]);
    });
  });
});

describe('a process with nothing left but a LifeWatch', () => {
  it('ends', () => {
    const module = new URL('../../src/identity/life-watch.js', import.meta.url);
    const program = `
      const { LifeWatch } = await import(${JSON.stringify(module.href)});
      const unable = () => { throw new Error('no watch'); };
      for (const settings of [{}, { watch: unable }]) {
        const lives = new LifeWatch(() => {}, settings);
        lives.watch('/usr/bin');
        lives.watchPending('/no/such/path', 3_600_000);
      }`;
    const args = ['--input-type=module', '--eval', program];
    execFileSync(process.execPath, args, { timeout: 10_000 });
  });
});
