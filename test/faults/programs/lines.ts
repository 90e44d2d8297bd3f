import type { Socket } from 'node:net';

/** Longer lines are not ours to answer: what is kept of them is dropped. */
const LINE_CHARACTERS_MAX = 2 ** 20;

/** Calls `take` with every whole line that arrives. */
export function onLines(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARACTERS_MAX) rest = '';
    for (const line of lines) take(line);
  });
}
