import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES, mistakes } from './support.js';

const ENV = { NUMBER: '9464', MAP: '{ interval: 5, verbose: true }' };

/* Each NAME.yaml that is refused has a NAME.txt beside it: what the user is told, line by line. */
describe('mistakes in a configuration file', () => {
  const names = readdirSync(CASES)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length));

  it('has cases', () => {
    assert.ok(names.length > 40, `${names.length} cases`);
  });

  for (const name of names) {
    it(`says all of ${name}`, () => {
      const expected = readFileSync(join(CASES, `${name}.txt`), 'utf8')
        .trimEnd()
        .split('\n');
      assert.deepEqual(mistakes([name], { env: ENV }), expected);
    });
  }
});
