import type { Path } from '../values/finding.js';
import { formatPath } from '../values/mistakes.js';
import { quote } from '../values/quote.js';
import { formatProblem, type Problem } from './errors.js';
import { parseYaml } from './parse-yaml.js';
import { isSecret } from './show.js';
import { type Environment, expand } from './substitution.js';
import { mapScalars, type Origin, type ScalarNode, scalar, type TreeNode } from './tree.js';

export interface Substituted {
  readonly root: TreeNode;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Fills environment variables into every scalar of a tree. */
export function substitute(tree: TreeNode, env: Environment): Substituted {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const root = mapScalars(tree, (node, path) => {
    if (typeof node.value !== 'string') return node;
    const expansion = expand(node.value, env);
    const place = { ...node.origin, path: formatPath(path) };
    if ('part' in expansion) {
      problems.push({ ...place, message: `${shownPart(expansion.part, path)} ${expansion.message}` });
      return scalar(null, node.origin);
    }
    for (const name of expansion.unset) {
      warnings.push(
        formatProblem({ ...place, message: `the variable ${name} is not set; its value is empty` }),
      );
    }
    return expansion.whole && !node.quoted
      ? typed(expansion.text, node.origin)
      : { ...node, value: expansion.text };
  });
  return { root, problems, warnings };
}

function shownPart(part: string, path: Path): string {
  return isSecret(path) ? 'a substitution here' : quote(part);
}

/**
 * Gives text the type that YAML gives it, as the Collector does: a number, a list, … Text that is not YAML, or
 * that is a string in YAML, stays unchanged, comment signs and quotes included.
 */
function typed(text: string, origin: Origin): TreeNode {
  const { root, problems } = parseYaml(text, () => origin);
  const asText: ScalarNode = { kind: 'scalar', value: text, quoted: false, origin };
  if (root === undefined || problems.length > 0) return asText;
  return root.kind === 'scalar' && typeof root.value === 'string' ? asText : { ...root, text };
}
