import type { Path } from '../values/finding.js';
import { formatPath } from '../values/mistakes.js';
import { quote } from '../values/quote.js';
import { formatProblem, type Problem } from './errors.js';
import { parseYaml } from './parse-yaml.js';
import { isSecret } from './show.js';
import { type Environment, type Expansion, expand } from './substitution.js';
import { mapScalars, type Origin, type ScalarNode, scalar, type TreeNode } from './tree.js';

export interface Substituted {
  readonly root: TreeNode;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** How deep files may name files. */
const MAX_DEPTH = 10;

/** Fills environment variables and files into every scalar of a tree. */
export function substitute(tree: TreeNode, env: Environment): Substituted {
  const filling = new Filling(env);
  const root = filling.fill(tree, [], 0);
  return { root, problems: filling.problems, warnings: filling.warnings };
}

class Filling {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** `depth`: the number of files that the tree was reached through. */
  fill(tree: TreeNode, at: Path, depth: number): TreeNode {
    return mapScalars(
      tree,
      (node, path) => (typeof node.value === 'string' ? this.#filled(node, node.value, path, depth) : node),
      at,
    );
  }

  #filled(node: ScalarNode, value: string, path: Path, depth: number): TreeNode {
    const expansion = expand(value, this.#env);
    const place = { ...node.origin, path: formatPath(path) };
    if ('part' in expansion) {
      const message = `${shownPart(expansion.part, path)} ${expansion.message}`;
      return this.#refuse({ ...place, message }, node.origin);
    }
    for (const name of expansion.unset) {
      const message = `the variable ${name} is not set; its value is empty`;
      this.warnings.push(formatProblem({ ...place, message }));
    }
    const { text, whole, file } = expansion;
    const { variables, defaulted } = expansion;
    const from = {
      ...(file !== undefined && { isHidden: true }),
      ...(variables.length > 0 && { variables }),
      ...(defaulted !== undefined && { defaulted }),
    };
    if (!whole || node.quoted) return { ...node, value: text, ...from };
    const filled = typed(expansion, node.origin);
    // Part of a configuration, in a file of its own. A text, which may be a secret, is never looked into.
    if (filled.kind === 'scalar' || file === undefined) return { ...filled, ...from };
    if (depth < MAX_DEPTH) return this.fill(filled, path, depth + 1);
    return this.#refuse(
      { ...place, message: 'is in a file that names itself, or others too deeply' },
      node.origin,
    );
  }

  #refuse(problem: Problem, origin: Origin): TreeNode {
    this.problems.push(problem);
    return scalar(null, origin);
  }
}

function shownPart(part: string, path: Path): string {
  return isSecret(path) ? 'a substitution here' : quote(part);
}

/**
 * Gives text the type that YAML gives it, as the Collector does: a number, a list, … Text that is not YAML, or
 * that is a string in YAML, stays unchanged, comment signs and quotes included. Text of a file has the lines of that file.
 */
function typed({ text, file }: Expansion, origin: Origin): TreeNode {
  const originAt = (line: number): Origin => (file === undefined ? origin : { file, line });
  const { root, problems } = parseYaml(text, originAt);
  const asText: ScalarNode = { kind: 'scalar', value: text, quoted: false, origin };
  if (root === undefined || problems.length > 0) return asText;
  if (root.kind !== 'scalar') return { ...root, text };
  return typeof root.value === 'string' ? asText : { ...root, origin, text };
}
