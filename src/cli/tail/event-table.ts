import { type Cell, cell, formatCells, outsideText } from '../terminal/cells.js';
import { formatBytes, formatDuration, formatTime } from '../terminal/units.js';
import { shortenToWidth, widthOf } from '../terminal/width.js';
import type { ShownCall, ShownOperation, StreamLine } from './stream-line.js';

export interface TableSettings {
  readonly colour: boolean;
  /** The width of the terminal now, in characters; Infinity when nothing is to be cut. */
  readonly columns: () => number;
}

/** The widest that names are shown, in columns of the terminal. */
const MAX_NAME_WIDTH = 32;
const MAX_METHOD_WIDTH = 64;

/** The most characters of a text from outside that are looked at or shown. */
const MAX_NAME_LENGTH = 512;
const MAX_PAYLOAD_LENGTH = 120;
const MAX_ERROR_LENGTH = 200;

/** A terminal with fewer columns shows shorter names and no protocols, and why a call failed in the place of its sizes. */
const NARROW_COLUMNS = 100;
const NARROW_WIDTHS = { container: 10, socket: 10, system: 0, method: 18, sizes: 16 };

/** Characters of an id, as Docker shows it. */
const SHORT_ID_LENGTH = 12;

/** As `999 ms`. */
const DURATION_WIDTH = 7;

/** Widths that columns start with, in characters. A column is as wide as its widest text so far. */
const FIRST_WIDTHS = { container: 8, socket: 6, system: 4, method: 16, sizes: 12 };

/** Lays out events in columns. */
export class EventTable {
  readonly #settings: TableSettings;
  readonly #widths = { ...FIRST_WIDTHS };

  constructor(settings: TableSettings) {
    this.#settings = settings;
  }

  /** One line, without its end. */
  format(line: StreamLine): string {
    const { colour, columns } = this.#settings;
    return formatCells(this.#cells(line), { colour, columns: columns() });
  }

  #cells(line: StreamLine): Cell[] {
    if (line.type === 'missed') return [cell(missedText(line.count), 'red')];
    const { container, socket, timeMs } = line;
    const origin = [
      cell(formatTime(timeMs), 'dim'),
      this.#column('container', nameText(containerText(container), MAX_NAME_WIDTH)),
      this.#column('socket', nameText(socket, MAX_NAME_WIDTH)),
    ];
    return [...origin, ...(line.type === 'call' ? this.#call(line) : this.#operation(line))];
  }

  #call(call: ShownCall): Cell[] {
    const { from, system, method, durationMs, requestBytes, responseBytes } = call;
    const duration = durationMs === undefined ? '-' : formatDuration(durationMs);
    const response = responseBytes === undefined ? '-' : formatBytes(responseBytes);
    return [
      ...this.#system(system),
      cell(from === 'container' ? '→' : '←'),
      this.#column('method', nameText(method, MAX_METHOD_WIDTH)),
      cell(duration.padStart(DURATION_WIDTH)),
      ...(hasProblem(call) && this.#isNarrow()
        ? []
        : [this.#column('sizes', `${formatBytes(requestBytes)} / ${response}`)]),
      ...outcomeCells(call),
    ];
  }

  #operation({ direction, bytes, captured, payload }: ShownOperation): Cell[] {
    const sizes =
      captured < bytes ? `${formatBytes(bytes)}, kept ${formatBytes(captured)}` : formatBytes(bytes);
    return [
      ...this.#system(''),
      cell(direction === 'send' ? '→' : '←'),
      this.#column('method', direction, 'dim'),
      cell(' '.repeat(DURATION_WIDTH)),
      this.#column('sizes', sizes),
      ...payloadCells(payload),
    ];
  }

  #system(name: string): Cell[] {
    return this.#isNarrow() ? [] : [this.#column('system', nameText(name, MAX_NAME_WIDTH), 'dim')];
  }

  #column(name: keyof typeof FIRST_WIDTHS, text: string, style: Cell['style'] = 'plain'): Cell {
    const shown = this.#isNarrow() ? shortenToWidth(text, NARROW_WIDTHS[name]) : text;
    this.#widths[name] = Math.max(this.#widths[name], widthOf(shown));
    // What came before a window was made narrow may have been wider.
    const width = this.#isNarrow() ? Math.min(this.#widths[name], NARROW_WIDTHS[name]) : this.#widths[name];
    return cell(shown + ' '.repeat(width - widthOf(shown)), style);
  }

  #isNarrow(): boolean {
    return this.#settings.columns() < NARROW_COLUMNS;
  }
}

/** A name from outside. Its end is shown, too: many names differ only there. */
function nameText(text: string, width: number): string {
  return shortenToWidth(outsideText(text, MAX_NAME_LENGTH), width);
}

function containerText(container: Readonly<Record<string, string>>): string {
  const id = container['container.id']?.slice(0, SHORT_ID_LENGTH);
  return container['container.name'] ?? id ?? container['process.executable.name'] ?? '-';
}

function hasProblem({ outcome, errorType }: ShownCall): boolean {
  return outcome !== undefined || errorType !== undefined;
}

function outcomeCells(call: ShownCall): Cell[] {
  const { outcome, unknownReason, errorType, errorMessage, statusCode, params, result } = call;
  const cells = payloadCells(params);
  if (outcome !== undefined) {
    const text = unknownReason === undefined ? outcome : `${outcome}: ${unknownReason}`;
    return [cell(outsideText(text, MAX_ERROR_LENGTH), 'yellow'), ...cells];
  }
  if (errorType === undefined) {
    const status = statusCode === undefined ? [] : [cell(outsideText(statusCode, MAX_ERROR_LENGTH))];
    return result === undefined
      ? [...status, ...cells]
      : [...status, ...cells, cell('⇒', 'dim'), ...payloadCells(result)];
  }
  const message = errorMessage === undefined || errorMessage === '' ? '' : `: ${errorMessage}`;
  return [cell(outsideText(`error ${errorType}${message}`, MAX_ERROR_LENGTH), 'red'), ...cells];
}

function payloadCells(payload: string | undefined): Cell[] {
  return payload === undefined ? [] : [cell(outsideText(payload, MAX_PAYLOAD_LENGTH), 'dim')];
}

function missedText(count: number): string {
  return `missed ${count} ${count === 1 ? 'event' : 'events'}`;
}
