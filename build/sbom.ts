/*
 * Prints the bill of materials of a release, in CycloneDX: what a user installs, and what is in the bundles, of which some is no dependency
 * of the package any more. npm tells which packages only developers need.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Compiled, this file is dist/build/sbom.js.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const NAME = 'udscope';

interface Component {
  readonly 'bom-ref': string;
  name: string;
  readonly version: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Bill {
  components: Component[];
  dependencies: { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly metadata: { readonly component: Component };
}

/** `NAME VERSION` of each package that the bundles are made of, as bundle.ts has written them. */
function bundled(): Set<string> {
  const text = readFileSync(`${ROOT}/dist/licenses.txt`, 'utf8');
  return new Set([...text.matchAll(/^(\S+ \d\S*) \(.+\)$/gm)].map(([, nameAndVersion]) => nameAndVersion!));
}

function isForDevelopers({ properties = [] }: Component): boolean {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
}

const output = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const bill = JSON.parse(output) as Bill;
const inBundles = bundled();
// npm gives it the name of the folder.
bill.metadata.component.name = NAME;
bill.components = bill.components.filter(
  (component) => !isForDevelopers(component) || inBundles.has(`${component.name} ${component.version}`),
);
const refs = new Set([bill.metadata.component, ...bill.components].map((component) => component['bom-ref']));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) }));
process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`);
