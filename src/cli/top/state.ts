import type { Scope } from './counted.js';
import type { Key } from './keys.js';
import { ORDERS, type Order, VIEWS, type ViewName } from './words.js';

/** A view of the path that has led to the present one. */
export interface Level {
  readonly view: ViewName | 'calls';
  readonly scope: Scope;
  readonly order: Order;
  readonly isReversed: boolean;
  /** Only lines with this text in their names. */
  readonly filter: string;
  /** The key of the line that is selected; undefined: the first, whichever it is. */
  readonly selected: string | undefined;
}

/** What the keys have changed. */
export interface State {
  /** Never empty; the last is shown. */
  readonly levels: readonly Level[];
  readonly isPaused: boolean;
  readonly showsHelp: boolean;
  /** The filter as it is being written; undefined: it is not. */
  readonly editing: string | undefined;
  readonly isOver: boolean;
}

/** What was on the screen when a key was pressed. */
export interface Shown {
  /** In order, also those that there was no room for. */
  readonly lines: readonly { readonly key: string; readonly scope: Scope }[];
  /** How many of them there is room for. */
  readonly page: number;
}

/** Characters of a filter. */
const MAX_FILTER = 64;

export function initialState(view: ViewName, order: Order): State {
  return {
    levels: [levelOf(view, {}, order)],
    isPaused: false,
    showsHelp: false,
    editing: undefined,
    isOver: false,
  };
}

/** The level that is shown. */
export function levelIn({ levels }: State): Level {
  return levels[levels.length - 1]!;
}

/** The place of the line that is selected. */
export function selectedIndex(
  { selected }: Pick<Level, 'selected'>,
  lines: readonly { readonly key: string }[],
): number {
  return Math.max(
    0,
    lines.findIndex(({ key }) => key === selected),
  );
}

/** What a key makes of the state. */
export function press(state: State, key: Key, shown: Shown): State {
  if (key === 'ctrl-c') return { ...state, isOver: true };
  if (state.editing !== undefined) return edit(state, state.editing, key);
  if (state.showsHelp) return { ...state, showsHelp: false };
  if (typeof key === 'object') return pressCharacter(state, key.text, shown);
  switch (key) {
    case 'up':
      return moved(state, shown, -1);
    case 'down':
      return moved(state, shown, 1);
    case 'pageup':
      return moved(state, shown, -shown.page);
    case 'pagedown':
      return moved(state, shown, shown.page);
    case 'home':
      return moved(state, shown, Number.NEGATIVE_INFINITY);
    case 'end':
      return moved(state, shown, Number.POSITIVE_INFINITY);
    case 'enter':
    case 'right':
      return entered(state, shown);
    case 'escape':
    case 'backspace':
    case 'left':
      return back(state, key === 'escape');
    case 'tab':
      return nextView(state);
    default:
      return state;
  }
}

function pressCharacter(state: State, character: string, shown: Shown): State {
  const level = levelIn(state);
  switch (character) {
    case 'q':
      return { ...state, isOver: true };
    case 'k':
      return moved(state, shown, -1);
    case 'j':
      return moved(state, shown, 1);
    case 'g':
      return moved(state, shown, Number.NEGATIVE_INFINITY);
    case 'G':
      return moved(state, shown, Number.POSITIVE_INFINITY);
    case 's':
    case '>':
      return changed(state, { order: neighbour(level.order, 1) });
    case '<':
      return changed(state, { order: neighbour(level.order, -1) });
    case 'r':
      return changed(state, { isReversed: !level.isReversed });
    case '/':
      return { ...state, editing: level.filter };
    case ' ':
      return { ...state, isPaused: !state.isPaused };
    case '?':
    case 'h':
      return { ...state, showsHelp: true };
    default: {
      const view = VIEWS[Number(character) - 1];
      return view === undefined ? state : { ...state, levels: [levelOf(view, {}, level.order)] };
    }
  }
}

function edit(state: State, editing: string, key: Key): State {
  if (key === 'enter') return { ...changed(state, { filter: editing }), editing: undefined };
  if (key === 'escape') return { ...state, editing: undefined };
  if (key === 'backspace') return { ...state, editing: [...editing].slice(0, -1).join('') };
  if (key === 'ctrl-u') return { ...state, editing: '' };
  if (typeof key === 'string' || [...editing].length >= MAX_FILTER) return state;
  return { ...state, editing: editing + key.text };
}

function moved(state: State, { lines }: Shown, by: number): State {
  const index = selectedIndex(levelIn(state), lines) + by;
  const line = lines[Math.max(0, Math.min(lines.length - 1, index))];
  return line === undefined ? state : changed(state, { selected: line.key });
}

/** Goes on to what a line is made of. */
function entered(state: State, { lines }: Shown): State {
  const level = levelIn(state);
  const line = lines[selectedIndex(level, lines)];
  if (line === undefined || level.view === 'calls') return state;
  const view = level.view === 'methods' ? 'calls' : VIEWS[VIEWS.indexOf(level.view) + 1]!;
  // All that is behind a line without a socket is calls that have no names.
  if (line.scope.socket === undefined && view !== 'sockets') return state;
  const next = levelOf(view, { ...level.scope, ...line.scope }, level.order);
  return { ...changed(state, { selected: line.key }), levels: [...state.levels, next] };
}

/** Takes back the filter, or else goes back. */
function back(state: State, clearsFilter: boolean): State {
  if (clearsFilter && levelIn(state).filter !== '') return changed(state, { filter: '' });
  return state.levels.length === 1 ? state : { ...state, levels: state.levels.slice(0, -1) };
}

function nextView(state: State): State {
  const [{ view, order } = levelIn(state)] = state.levels;
  const index = view === 'calls' ? 0 : VIEWS.indexOf(view) + 1;
  return { ...state, levels: [levelOf(VIEWS[index % VIEWS.length]!, {}, order)] };
}

function changed(state: State, change: Partial<Level>): State {
  return { ...state, levels: [...state.levels.slice(0, -1), { ...levelIn(state), ...change }] };
}

function neighbour(order: Order, by: number): Order {
  return ORDERS[(ORDERS.indexOf(order) + by + ORDERS.length) % ORDERS.length]!;
}

function levelOf(view: Level['view'], scope: Scope, order: Order): Level {
  return { view, scope, order, isReversed: false, filter: '', selected: undefined };
}
