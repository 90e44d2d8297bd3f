import { COMPONENT_KINDS, components } from '../configuration/index.js';
import { PROTOCOL_NAMES } from '../protocols/names.js';
import { VERSION } from '../version.js';

/** Lists the component types of a configuration, and the protocols that are decoded, as YAML. */
export function printComponents(): void {
  const lines = [`version: ${VERSION}`];
  for (const kind of COMPONENT_KINDS) {
    const types = Object.keys(components[kind]);
    lines.push(types.length === 0 ? `${kind}: []` : `${kind}:`, ...types.map((type) => `  - ${type}`));
  }
  lines.push('protocols:', ...PROTOCOL_NAMES.map((name) => `  - ${name}`));
  process.stdout.write(`${lines.join('\n')}\n`);
}
