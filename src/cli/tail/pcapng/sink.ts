import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { quote } from '../../../values/quote.js';
import { CommandError } from '../../control/failure.js';

/** Where packets go. */
export interface Sink {
  /** Writes all of some blocks. @throws CommandError when they cannot be written */
  write(blocks: Buffer): Promise<void>;
  close(): void;
}

/** `target`: a file, which must not be there yet, or -. @throws CommandError */
export function openSink(target: string, signal: AbortSignal): Sink {
  return target === '-' ? standardOutput(signal) : new FileSink(target);
}

function standardOutput(signal: AbortSignal): Sink {
  if (process.stdout.isTTY)
    throw new CommandError(
      'packets are no text for a terminal; give a file, or write udscope tail --pcapng | wireshark -k -i -',
    );
  return {
    write: async (blocks) => {
      if (!process.stdout.write(blocks)) await once(process.stdout, 'drain', { signal });
    },
    close: () => {},
  };
}

/** Only its owner may read it: it may have payload in it. */
const MODE = 0o600;

class FileSink implements Sink {
  readonly #path: string;
  readonly #fd: number;
  #length = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      // O_EXCL follows no link at its name, and overwrites nothing.
      this.#fd = openSync(path, 'wx', MODE);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async write(blocks: Buffer): Promise<void> {
    try {
      for (let at = 0; at < blocks.length; ) at += writeSync(this.#fd, blocks, at);
      this.#length += blocks.length;
    } catch (error) {
      this.#cut();
      throw this.#failure(error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What is left ends with a whole block. */
  #cut(): void {
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch {
      // Readers of such files know what to do with the beginning of a block.
    }
  }

  #failure(error: unknown): CommandError {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const reason = REASONS[code] ?? `cannot be written: ${message}`;
    return new CommandError(`${quote(this.#path)} ${reason}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already, and is left as it is; give another name, or - for standard output',
  ENOENT: 'is in a directory that does not exist',
  ENOTDIR: 'is in a directory that does not exist',
  EACCES: 'cannot be written: permission denied',
  EROFS: 'is on a file system that is read-only',
  ENOSPC: 'has all that the disk has room for; it is full',
  EDQUOT: 'has all that the quota allows; it is used up',
  EFBIG: 'is as large as a file may be',
};
