import assert from 'node:assert/strict';

/** Of processor time, which other programs do not take part in: what takes longer grows faster than its input. */
const BASE_MS = 500;
const CHARACTERS_A_MS = 500;

/** Does something with a text of so many characters. @throws Error if that takes too long */
export async function inTime<T>(characters: number, action: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const result = await action();
  const { user, system } = process.cpuUsage(before);
  const limitMs = BASE_MS + characters / CHARACTERS_A_MS;
  assert.ok((user + system) / 1000 < limitMs, `it took more than ${limitMs.toFixed(0)} ms`);
  return result;
}
