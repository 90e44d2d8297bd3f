import * as z from 'zod';
import { shortId } from '../../api/containers/names.js';
import { containerStatusSchema } from '../../api/containers/schema.js';
import { socketStatusSchema } from '../../api/socket-schema.js';
import { endProcessWithin } from '../../linux/alarm.js';
import { printable } from '../../values/printable.js';
import { ControlClient } from '../control/control-client.js';
import { controlSocket } from '../control/control-socket.js';
import { createProgram } from '../program.js';
import { completionOf, startingWith } from './candidates.js';
import type { ValueKind } from './values.js';

/** How long an agent may take to name its sockets, in ms: somebody waits at a keyboard. */
const ASK_MS = 500;

/** When the kernel ends the process, if a file system does not answer, in ms. */
const END_MS = 2000;

/** The most names that are offered. */
const MAX_NAMES = 500;

/** What has the shell complete files. */
const FILES = ':files';

/** Answers a script: the shell, and the words of a command line up to the cursor, without the first. */
export async function complete([shell, ...written]: readonly string[]): Promise<void> {
  endProcessWithin(END_MS);
  // bash makes three words of `--view=socket`.
  const words = shell === 'bash' ? withoutSigns(written) : written;
  const { candidates, rest, control } = completionOf(createProgram(), words);
  const { kind, begin, prefix } = rest;
  const names = startingWith(begin, await namesOf(kind, control), prefix).slice(0, MAX_NAMES);
  // Only bash takes the words behind the sign for themselves.
  const shown = [...candidates, ...names].map(({ word, says }) => {
    const plain = shell === 'bash' && word.includes('=') ? word.slice(word.indexOf('=') + 1) : word;
    return `${plain}\t${printable(says)}\n`;
  });
  process.stdout.write(shown.join('') + (kind === 'file' ? `${FILES}\n` : ''));
}

function withoutSigns(words: readonly string[]): string[] {
  return words.flatMap((word, i) => (word !== '=' ? [word] : i === words.length - 1 ? [''] : []));
}

/** What the agent knows of a kind; nothing, in silence, where none can be asked. */
async function namesOf(kind: ValueKind, control: string | undefined): Promise<string[]> {
  if (kind !== 'socket' && kind !== 'container' && kind !== 'containerId') return [];
  try {
    const path = controlSocket(control === undefined ? {} : { control });
    const client = new ControlClient(path, new AbortController().signal, ASK_MS);
    if (kind === 'socket') {
      const sockets = await client.get('/v1/sockets', z.array(socketStatusSchema));
      return sockets.map(({ name }) => name).sort();
    }
    const containers = await client.get('/v1/containers', z.array(containerStatusSchema));
    return containers.flatMap(kind === 'container' ? namesAndId : ({ id }) => id ?? []).sort();
  } catch {
    return [];
  }
}

function namesAndId({ id, attributes }: z.output<typeof containerStatusSchema>): string[] {
  const { 'container.name': name, 'process.executable.name': program } = attributes;
  return [name, program, id === undefined ? undefined : shortId(id)].flatMap((each) => each ?? []);
}
