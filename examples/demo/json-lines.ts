import type { Socket } from 'node:net';

/** Calls `onValue` with every line of JSON that arrives. Lines that are not JSON go to `onMistake`. */
export function readJsonLines(
  socket: Socket,
  onValue: (value: unknown) => void,
  onMistake: (line: string) => void = () => {},
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const value = parse(line);
      if (value === undefined) onMistake(line);
      else onValue(value);
    }
  });
}

export function writeJsonLine(socket: Socket, value: unknown): void {
  socket.write(`${JSON.stringify(value)}\n`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
