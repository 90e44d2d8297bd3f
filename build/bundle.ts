/*
 * Bundles what is run, in place: `dist/src/cli/main.js`, the scripts of the threads, the wrapper's program and the page of the dashboard. Loading some
 * hundred modules one by one takes longer than all else that a start does (docs/decisions/0050-bundled.md). After `tsc` alone, the same
 * paths hold the modules one by one, and everything works as well.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { THREADS } from './threads.js';

// Compiled, this file is dist/build/bundle.js.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = 'src';
const OUTPUT = 'dist/src';

/** Where the parts of the command are that it loads when they are needed. */
const PARTS = 'cli/bundled';

/** The page of the dashboard. */
const PAGE = 'extensions/dashboard/page';

const LICENSES = 'dist/licenses.txt';

/** Packages that are not JavaScript only. */
const NATIVE = ['koffi'];

/** Libraries that are no modules load those of Node.js with it. */
const REQUIRE = `import { createRequire as createRequireHere } from 'node:module';
const require = createRequireHere(import.meta.url);`;

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: NATIVE,
  metafile: true,
  logLevel: 'warning',
};

const MODULES: BuildOptions = {
  ...COMMON,
  format: 'esm',
  // Of modules, what is not used is left out.
  mainFields: ['module', 'main'],
};

/** Has `import.meta.url` mean what it means in the file that says so, which another folder's file becomes a part of. */
function ownUrls(folder: string): Plugin {
  return {
    name: 'own-urls',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const compiled = join(OUTPUT, relative(join(ROOT, SOURCES), path)).replace(/\.ts$/, '.js');
        const url = `new URL('${relative(join(OUTPUT, folder), compiled)}', import.meta.url).href`;
        return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url), loader: 'ts' };
      });
    },
  };
}

async function bundleCommand(): Promise<Metafile> {
  rmSync(join(ROOT, OUTPUT, PARTS), { recursive: true, force: true });
  const { metafile } = await build({
    ...MODULES,
    entryPoints: [join(SOURCES, 'cli/main.ts')],
    outdir: join(OUTPUT, dirname(PARTS)),
    chunkNames: `${basename(PARTS)}/[name]-[hash]`,
    splitting: true,
    banner: { js: REQUIRE },
    plugins: [ownUrls(PARTS)],
  });
  return metafile!;
}

async function bundleThread(name: string): Promise<Metafile> {
  const { metafile } = await build({
    ...MODULES,
    entryPoints: [join(SOURCES, `${name}.ts`)],
    outfile: join(OUTPUT, `${name}.js`),
    plugins: [ownUrls(dirname(name))],
  });
  return metafile!;
}

/** The wrapper's program: it starts before every container, and loads YAML when it has some to read. */
async function bundleRuntime(): Promise<Metafile> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [join(SOURCES, 'runtime/main.ts')],
    outfile: 'dist/runtime/prepare.cjs',
    format: 'cjs',
    external: [...NATIVE, 'yaml'],
  });
  return metafile!;
}

/** The page of the dashboard, of which a browser runs what is in these files and nothing else. */
async function bundlePage(): Promise<Metafile> {
  for (const file of ['index.html', 'icon.svg']) {
    mkdirSync(join(ROOT, OUTPUT, PAGE), { recursive: true });
    copyFileSync(join(ROOT, SOURCES, PAGE, file), join(ROOT, OUTPUT, PAGE, file));
  }
  const { metafile } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    platform: 'browser',
    // Browsers of the last three years.
    target: ['chrome120', 'firefox121', 'safari17'],
    entryPoints: { app: join(SOURCES, PAGE, 'main.tsx'), style: join(SOURCES, PAGE, 'style/main.css') },
    entryNames: '[name]',
    outdir: join(OUTPUT, PAGE),
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** The folders of packages of which something is in a bundle. */
function packagesIn(metafiles: readonly Metafile[]): string[] {
  const packages = new Set<string>();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const path of Object.keys(inputs)) {
        const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
        if (folder !== undefined) packages.add(folder);
      }
    }
  }
  return [...packages].sort();
}

/** Licenses ask to be copied with what they are for. */
function licenseOf(folder: string): string {
  const path = join(ROOT, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const texts = readdirSync(path)
    .filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file))
    .map((file) => readFileSync(join(path, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

const metafiles = await Promise.all([
  bundleCommand(),
  bundleRuntime(),
  bundlePage(),
  ...THREADS.map(bundleThread),
]);
writeFileSync(
  join(ROOT, LICENSES),
  packagesIn(metafiles)
    .map(licenseOf)
    .join(`\n\n${'-'.repeat(80)}\n\n`),
);
