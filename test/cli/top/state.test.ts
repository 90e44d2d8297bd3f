import assert from 'node:assert/strict';
import type { Key } from '../../../src/cli/top/keys.js';
import {
  initialState,
  levelIn,
  press,
  type Shown,
  type State,
  selectedIndex,
} from '../../../src/cli/top/state.js';

describe('the state of udscope top', () => {
  const container = { key: 'c1', label: 'wallet', choice: 'c1' };
  const shown: Shown = {
    lines: [
      { key: 'a', scope: { container, socket: 'geth' } },
      { key: 'b', scope: { container, socket: 'docker', protocol: 'http', method: 'GET' } },
      { key: 'c', scope: { container } },
    ],
    page: 2,
  };

  const pressed = (
    keys: readonly (Key | string)[],
    state: State = initialState('containers', 'calls'),
  ): State => keys.reduce<State>((last, key) => press(last, keyOf(key), shown), state);
  const keyOf = (key: Key | string): Key =>
    typeof key === 'string' && [...key].length === 1 ? { text: key } : (key as Key);
  const selected = (state: State) => selectedIndex(levelIn(state), shown.lines);

  it('moves among the lines, and not past them', () => {
    assert.equal(selected(pressed([])), 0);
    assert.deepEqual(
      [['down'], ['j', 'j'], ['j', 'k'], ['end'], ['G', 'home'], ['pagedown'], ['end', 'pageup'], ['up']].map(
        (keys) => selected(pressed(keys)),
      ),
      [1, 2, 0, 2, 0, 2, 0, 0],
    );
    assert.equal(press(pressed([]), 'down', { lines: [], page: 2 }).isOver, false);
  });

  it('stays on a line wherever it goes', () => {
    const state = pressed(['down']);
    assert.equal(selectedIndex(levelIn(state), shown.lines.toReversed()), 1);
    assert.equal(levelIn(state).selected, 'b');
    assert.equal(selectedIndex(levelIn(state), [shown.lines[0]!]), 0);
  });

  it('goes from containers to sockets, methods and calls, and back', () => {
    const views = (state: State) => state.levels.map(({ view }) => view);
    const calls = pressed(['enter', 'enter', 'down', 'enter']);
    assert.deepEqual(views(calls), ['containers', 'sockets', 'methods', 'calls']);
    assert.deepEqual(levelIn(calls).scope, {
      container,
      socket: 'docker',
      protocol: 'http',
      method: 'GET',
    });
    assert.deepEqual(views(pressed(['enter'], calls)), views(calls));
    assert.deepEqual(views(pressed(['escape', 'backspace', 'left', 'left', 'escape'], calls)), [
      'containers',
    ]);
    assert.equal(selected(pressed(['escape'], calls)), 1);
  });

  it('does not go into what has no socket', () => {
    assert.equal(pressed(['enter', 'end', 'enter']).levels.length, 2);
  });

  it('orders, reverses, and changes the view', () => {
    assert.equal(levelIn(pressed(['s'])).order, 'errors');
    assert.equal(levelIn(pressed(['<'])).order, 'name');
    assert.equal(levelIn(pressed(['>', '<'])).order, 'calls');
    assert.equal(levelIn(pressed(['r'])).isReversed, true);
    assert.deepEqual(
      [['2'], ['3'], ['3', '1'], ['tab'], ['tab', 'tab', 'tab'], ['9']].map(
        (keys) => levelIn(pressed(keys)).view,
      ),
      ['sockets', 'methods', 'containers', 'sockets', 'containers', 'containers'],
    );
  });

  it('filters by what is written, keys that mean something else included', () => {
    const editing = pressed(['/', 'q', 'é', 'backspace', 'j']);
    assert.deepEqual([editing.editing, editing.isOver, levelIn(editing).filter], ['qj', false, '']);
    const filtered = pressed(['enter'], editing);
    assert.deepEqual([filtered.editing, levelIn(filtered).filter], [undefined, 'qj']);
    assert.equal(pressed(['/'], filtered).editing, 'qj');
    assert.equal(levelIn(pressed(['/', 'ctrl-u', 'x', 'escape'], filtered)).filter, 'qj');
    assert.equal(levelIn(pressed(['escape'], filtered)).filter, '');
    assert.equal(pressed(['/', ...'x'.repeat(100)]).editing?.length, 64);
  });

  it('pauses, helps, and ends', () => {
    assert.equal(pressed([' ']).isPaused, true);
    assert.equal(pressed([' ', ' ']).isPaused, false);
    assert.deepEqual(
      [pressed(['?']).showsHelp, pressed(['?', 'q']).showsHelp, pressed(['?', 'q']).isOver],
      [true, false, false],
    );
    assert.equal(pressed(['q']).isOver, true);
    assert.equal(pressed(['/', 'ctrl-c']).isOver, true);
  });
});
