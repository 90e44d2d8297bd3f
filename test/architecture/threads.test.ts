import assert from 'node:assert/strict';
import { THREADS } from '../../build/threads.js';
import { chainTo, type ImportGraph, importGraph, isAmong } from './import-graph.js';

/** What may run on a thread, or in a process of its own: files, folders and packages; all that is loaded there counts. */
interface ThreadRule {
  readonly loads: readonly string[];
  /** What of that is not for this thread. */
  readonly except?: readonly string[];
  /** Where types may come from beside that: nothing is loaded for them. */
  readonly types?: readonly string[];
}

const RULES: Readonly<Record<string, ThreadRule>> = {
  // Moves bytes and waits for nobody: no OpenTelemetry, no log, no decoder, no exporter, and no module of a user.
  'src/receivers/uds/relay/thread.ts': {
    loads: [
      'src/receivers/uds/relay/',
      'src/receivers/uds/counters.ts',
      'src/receivers/uds/sockets/upstream-place.ts',
      'src/processors/capture/',
      'src/protocols/direction.ts',
      'src/protocols/framing/',
      'src/protocols/framings.ts',
      'src/protocols/*/framing/',
      'src/identity/',
      'src/assertions.ts',
      'src/threads/loading.ts',
      'src/values/',
      'src/linux/',
      'koffi',
      ...[
        'node:crypto',
        'node:fs',
        'node:os',
        'node:path',
        'node:perf_hooks',
        'node:process',
        'node:worker_threads',
      ],
    ],
    except: [
      'src/processors/capture/ring/fair-ring-reader.ts',
      'src/processors/capture/strategies/load-module.ts',
      'src/processors/capture/strategy-thread/strategy-loop.ts',
      'src/processors/capture/strategy-thread/strategy-thread.ts',
    ],
  },
  // Closes descriptors, which may take it any time: it knows nothing else.
  'src/receivers/uds/relay/closing-thread.ts': {
    loads: [
      'src/receivers/uds/relay/closing-thread.ts',
      'src/receivers/uds/relay/descriptor-queue.ts',
      'src/threads/loading.ts',
      ...['constants', 'libc', 'socket', 'system-calls', 'thread-id', 'wait-limit'].map(
        (name) => `src/linux/${name}.ts`,
      ),
      'koffi',
      ...['node:process', 'node:worker_threads'],
    ],
    types: ['src/linux/message-header.ts'],
  },
  // Reads rings and decodes: it knows no socket and no file, and no exporter.
  'src/processors/enrich/thread/main.ts': {
    loads: [
      'src/processors/enrich/thread/',
      'src/processors/enrich/instruments.ts',
      'src/processors/capture/ring/',
      'src/protocols/',
      'src/telemetry/histogram.ts',
      'src/telemetry/instruments.ts',
      'src/shares/',
      'src/threads/loading.ts',
      'src/values/',
      ...['clock', 'constants', 'errno', 'libc', 'memory'].map((name) => `src/linux/${name}.ts`),
      'koffi',
      ...['node:crypto', 'node:os', 'node:perf_hooks', 'node:process', 'node:worker_threads'],
    ],
    types: [
      'src/processors/capture/strategies/coverage.ts',
      'src/processors/enrich/events.ts',
      'src/processors/enrich/messages.ts',
      'src/telemetry/call-data.ts',
      '@opentelemetry/api',
    ],
  },
  // Runs a user's module over what relay threads captured: as a relay thread, without its sockets.
  'src/processors/capture/strategy-thread/thread.ts': {
    loads: [
      'src/processors/capture/',
      'src/protocols/direction.ts',
      'src/protocols/framing/',
      'src/assertions.ts',
      'src/protocols/framings.ts',
      'src/protocols/*/framing/',
      'src/threads/loading.ts',
      ...['clock', 'constants', 'errno', 'libc', 'memory'].map((name) => `src/linux/${name}.ts`),
      'koffi',
      ...['node:module', 'node:os', 'node:process', 'node:worker_threads'],
    ],
    except: ['src/processors/capture/strategy-thread/strategy-thread.ts'],
  },
  // Loads a user's module to see whether it can be.
  'src/processors/capture/strategies/trial-thread.ts': {
    loads: [
      'src/processors/capture/strategies/',
      'src/processors/capture/strategy-thread/guarded-realm.ts',
      'src/threads/loading.ts',
      ...['node:module', 'node:process', 'node:worker_threads'],
    ],
    except: ['src/processors/capture/strategies/try-module.ts'],
    types: ['src/processors/capture/strategies/try-module.ts', 'src/protocols/direction.ts'],
  },
  // Where every thread begins: it loads quickly, so that an exit need not wait for it.
  'src/threads/enter.ts': {
    loads: ['src/threads/loading.ts', 'src/linux/thread-name.ts', 'node:fs', 'node:worker_threads'],
  },
  // Starts agents and holds their sockets: a process that has nothing to restart for, and is as small as Node.js lets it be.
  'src/cli/supervise.ts': {
    loads: [
      'src/cli/supervise.ts',
      'src/supervisor/',
      'src/store/',
      'src/linux/',
      'koffi',
      ...[
        'node:child_process',
        'node:crypto',
        'node:fs',
        'node:os',
        'node:path',
        'node:perf_hooks',
        'node:process',
      ],
    ],
    types: ['src/linux/'],
  },
  // The wrapper of a runtime is started for each container, and is bundled into one file.
  'src/runtime/main.ts': {
    loads: [
      'src/runtime/',
      'src/api/containers/limits.ts',
      'src/api/containers/mount.ts',
      'src/api/containers/unmonitored.ts',
      'src/identity/',
      'src/layout/default-paths.ts',
      'src/values/',
      'src/linux/',
      'koffi',
      'yaml',
      ...['node:fs', 'node:http', 'node:net', 'node:path', 'node:process'],
    ],
    types: ['src/api/'],
  },
};

describe('what a thread loads', () => {
  let graph: ImportGraph;

  before(() => {
    graph = importGraph();
  });

  it('is said here of every script that a thread is started with', () => {
    const others = ['src/cli/supervise.ts', 'src/runtime/main.ts'];
    assert.deepEqual([...graph.threadEntries, ...others].sort(), Object.keys(RULES).sort());
  });

  it('is bundled into one file', () => {
    assert.deepEqual(THREADS.map((name) => `src/${name}.ts`).sort(), [...graph.threadEntries].sort());
  });

  for (const [entry, { loads, except = [], types = [] }] of Object.entries(RULES)) {
    it(`${entry} loads what belongs on its thread, and nothing else`, () => {
      const loaded = graph.loadedWith(entry);
      assert.ok(loaded.size > 2, `${entry} is not found`);
      for (const target of loaded.keys()) {
        const isMeant = target === entry || (isAmong(target, loads) && !isAmong(target, except));
        if (!isMeant) assert.fail(`${chainTo(target, loaded)}\nwhich is not for that thread`);
      }
    });

    it(`${entry} takes types from nowhere else either`, () => {
      const loaded = graph.loadedWith(entry);
      for (const file of loaded.keys()) {
        for (const { target, isType } of graph.importsOf(file)) {
          const isMeant = !isType || loaded.has(target) || isAmong(target, [...loads, ...types]);
          if (!isMeant) assert.fail(`${chainTo(file, loaded)}\n  takes a type from ${target}`);
        }
      }
    });

    it(`${entry} may load no more than it does`, () => {
      const loaded = [...graph.loadedWith(entry).keys()];
      const typed = loaded.flatMap((file) => graph.importsOf(file).filter(({ isType }) => isType));
      const targets = typed.map(({ target }) => target);
      for (const allowed of loads)
        assert.ok(
          loaded.some((target) => isAmong(target, [allowed])),
          allowed,
        );
      for (const allowed of types)
        assert.ok(
          targets.some((target) => isAmong(target, [allowed])),
          allowed,
        );
    });
  }
});
