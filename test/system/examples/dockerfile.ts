/** The Dockerfile, carried out without an engine: its steps, in folders of this machine in the place of the stages' file systems. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { repositoryPath } from '../../support/paths.js';

export interface Step {
  readonly instruction: string;
  readonly text: string;
}

/** Its stages, each with the steps behind FROM; comments and the ends of lines that go on are taken away. */
export function stagesOf(dockerfile: string): Step[][] {
  const stages: Step[][] = [];
  for (const line of dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')) {
    const [, instruction, text = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (instruction === undefined) continue;
    if (instruction === 'FROM') stages.push([]);
    stages.at(-1)?.push({ instruction, text });
  }
  return stages;
}

export const DOCKERFILE = stagesOf(readFileSync(repositoryPath('Dockerfile'), 'utf8'));

/** The last step of the image that is of this kind. */
export function finalStep(instruction: string): string | undefined {
  return DOCKERFILE.at(-1)?.findLast((step) => step.instruction === instruction)?.text;
}

/** What .dockerignore lets into a build. */
function isSent(path: string): boolean {
  const lines = readFileSync(repositoryPath('.dockerignore'), 'utf8').split('\n');
  return lines.includes(`!${path.split('/')[0]}`);
}

/** Takes a minute, tens of thousands of files, and what the machine has installed already. */
const INSTALL = 'npm ci --ignore-scripts';

/** Carries out the COPY and RUN steps of a stage below `root`. `stages`: where the files of earlier ones are. */
export function carryOut(
  steps: readonly Step[],
  root: string,
  stages: Readonly<Record<string, string>>,
): void {
  let directory = '/';
  for (const { instruction, text } of steps) {
    if (instruction === 'WORKDIR') directory = text;
    const cwd = join(root, directory);
    mkdirSync(cwd, { recursive: true });
    if (instruction === 'COPY') copy(text, root, cwd, stages);
    // What the last stage runs is about users of its image.
    if (instruction !== 'RUN' || steps === DOCKERFILE.at(-1)) continue;
    if (text === INSTALL) symlinkSync(repositoryPath('node_modules'), join(cwd, 'node_modules'));
    else execFileSync('sh', ['-c', text], { cwd, stdio: 'pipe' });
  }
}

function copy(text: string, root: string, cwd: string, stages: Readonly<Record<string, string>>): void {
  const words = text.split(' ');
  const stage = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const to = words.pop() ?? '';
  const target = to.startsWith('/') ? join(root, to) : join(cwd, to);
  for (const from of words) {
    if (stage === undefined && !isSent(from)) throw new Error(`.dockerignore keeps ${from} out of the build`);
    const source = stage === undefined ? repositoryPath(from) : join(stages[stage] ?? '', from);
    // As Docker does: into a directory, if it is written as one.
    const end = to.endsWith('/') ? join(target, basename(from)) : target;
    mkdirSync(dirname(end), { recursive: true });
    cpSync(source, end, { recursive: true });
  }
}
