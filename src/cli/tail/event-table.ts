import { type Cell, cell, formatCells, outsideText } from '../terminal/cells.js';
import { formatBytes, formatDuration, formatTime } from '../terminal/units.js';
import type { ShownCall, ShownOperation, StreamLine } from './stream-line.js';

export interface TableSettings {
  readonly colour: boolean;
  /** The width of the terminal now, in characters; Infinity when nothing is to be cut. */
  readonly columns: () => number;
}

/** The most characters shown of a text from outside, by column. */
const MAX_NAME_LENGTH = 32;
const MAX_METHOD_LENGTH = 64;
const MAX_PAYLOAD_LENGTH = 120;
const MAX_ERROR_LENGTH = 200;

/** Characters of an id, as Docker shows it. */
const SHORT_ID_LENGTH = 12;

/** As `999 ms`. */
const DURATION_WIDTH = 7;

/** Widths that columns start with, in characters. A column is as wide as its widest text so far. */
const FIRST_WIDTHS = { container: 8, socket: 6, method: 16, sizes: 12 };

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
      this.#column('container', outsideText(containerText(container), MAX_NAME_LENGTH)),
      this.#column('socket', outsideText(socket, MAX_NAME_LENGTH)),
    ];
    return [...origin, ...(line.type === 'call' ? this.#call(line) : this.#operation(line))];
  }

  #call(call: ShownCall): Cell[] {
    const { from, method, durationMs, requestBytes, responseBytes } = call;
    const duration = durationMs === undefined ? '-' : formatDuration(durationMs);
    const response = responseBytes === undefined ? '-' : formatBytes(responseBytes);
    return [
      cell(from === 'container' ? '→' : '←'),
      this.#column('method', outsideText(method, MAX_METHOD_LENGTH)),
      cell(duration.padStart(DURATION_WIDTH)),
      this.#column('sizes', `${formatBytes(requestBytes)} / ${response}`),
      ...outcomeCells(call),
    ];
  }

  #operation({ direction, bytes, captured, payload }: ShownOperation): Cell[] {
    const sizes =
      captured < bytes ? `${formatBytes(bytes)}, kept ${formatBytes(captured)}` : formatBytes(bytes);
    return [
      cell(direction === 'send' ? '→' : '←'),
      this.#column('method', direction, 'dim'),
      cell(' '.repeat(DURATION_WIDTH)),
      this.#column('sizes', sizes),
      ...payloadCells(payload),
    ];
  }

  #column(name: keyof typeof FIRST_WIDTHS, text: string, style: Cell['style'] = 'plain'): Cell {
    const length = [...text].length;
    this.#widths[name] = Math.max(this.#widths[name], length);
    return cell(text + ' '.repeat(this.#widths[name] - length), style);
  }
}

function containerText(container: Readonly<Record<string, string>>): string {
  const id = container['container.id']?.slice(0, SHORT_ID_LENGTH);
  return container['container.name'] ?? id ?? container['process.executable.name'] ?? '-';
}

function outcomeCells(call: ShownCall): Cell[] {
  const { outcome, unknownReason, errorType, errorMessage, params, result } = call;
  const cells = payloadCells(params);
  if (outcome === 'unknown') {
    const text = unknownReason === undefined ? outcome : `${outcome}: ${unknownReason}`;
    return [cell(outsideText(text, MAX_ERROR_LENGTH), 'yellow'), ...cells];
  }
  if (errorType === undefined)
    return result === undefined ? cells : [...cells, cell('⇒', 'dim'), ...payloadCells(result)];
  const message = errorMessage === undefined ? '' : `: ${errorMessage}`;
  return [cell(outsideText(`error ${errorType}${message}`, MAX_ERROR_LENGTH), 'red'), ...cells];
}

function payloadCells(payload: string | undefined): Cell[] {
  return payload === undefined ? [] : [cell(outsideText(payload, MAX_PAYLOAD_LENGTH), 'dim')];
}

function missedText(count: number): string {
  return `missed ${count} ${count === 1 ? 'event' : 'events'}`;
}
