import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PrepareError, shownPath, systemReason } from './failure.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** An ordinary specification has 10 to 30 KiB. */
const MAX_BYTES = 16 * 2 ** 20;

/** The specification of a container, in its file. */
export class SpecificationFile {
  readonly #identity: string;

  private constructor(
    readonly path: string,
    readonly text: string,
    identity: string,
  ) {
    this.#identity = identity;
  }

  /**
   * Reads the specification of a bundle.
   *
   * @param bundle a directory, or a symbolic link to one; absolute
   * @param other a file to read instead of config.json, absolute
   * @throws PrepareError
   */
  static read(bundle: string, other: string | undefined): SpecificationFile {
    const path = other ?? join(bundleDirectory(bundle), 'config.json');
    const fd = openRegular(path, O_RDONLY);
    try {
      const { size } = fstatSync(fd);
      if (size > MAX_BYTES) throw new PrepareError(`${shownPath(path)} is larger than ${MAX_BYTES} bytes`);
      const bytes = readAtMost(fd, MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) throw new PrepareError(`${shownPath(path)} grows while it is read`);
      return new SpecificationFile(path, decode(bytes, path), identityOf(fd));
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Puts another text into the same file: same inode, owner and mode. Everything up to the first difference stays
   * untouched and the rest is one write, so that the file is a mixture of both for as short a time as possible. If the
   * process or the machine dies in that time, the text is most likely no JSON, and no runtime makes a container of it. When the
   * write fails, the file is put back.
   *
   * @throws PrepareError
   */
  replace(text: string): void {
    if (text === this.text) return;
    const before = Buffer.from(this.text);
    const after = Buffer.from(text);
    const fd = openRegular(this.path, O_RDWR);
    try {
      if (identityOf(fd) !== this.#identity) {
        throw new PrepareError(`${shownPath(this.path)} has changed since it was read`);
      }
      overwrite(fd, before, after, this.path);
    } finally {
      closeSync(fd);
    }
  }
}

/** The directory of a bundle, without symbolic links. @throws PrepareError */
export function bundleDirectory(bundle: string): string {
  try {
    const directory = realpathSync(bundle);
    if (statSync(directory).isDirectory()) return directory;
  } catch (error) {
    throw new PrepareError(`cannot use the bundle ${shownPath(bundle)}: ${systemReason(error)}`, {
      cause: error,
    });
  }
  throw new PrepareError(`the bundle ${shownPath(bundle)} is not a directory`);
}

/** Opens a regular file that is no symbolic link, without waiting for anything. @throws PrepareError */
function openRegular(path: string, flags: number): number {
  let fd: number;
  try {
    fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw new PrepareError(`cannot open ${shownPath(path)}: ${systemReason(error)}`, { cause: error });
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new PrepareError(`${shownPath(path)} is not a regular file`);
}

function readAtMost(fd: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; length < maxBytes; ) {
    const chunk = Buffer.allocUnsafe(Math.min(64 * 2 ** 10, maxBytes - length));
    const count = readSync(fd, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, path: string): string {
  try {
    // A byte order mark stays: the reader of JSON refuses it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PrepareError(`${shownPath(path)} is not UTF-8`);
  }
}

/** Differs when the file is another, or was written to. */
function identityOf(fd: number): string {
  const { dev, ino, size, mtimeNs } = fstatSync(fd, { bigint: true });
  return [dev, ino, size, mtimeNs].join();
}

function overwrite(fd: number, before: Buffer, after: Buffer, path: string): void {
  const start = firstDifference(before, after);
  try {
    writeAll(fd, after, start);
    if (after.length < before.length) ftruncateSync(fd, after.length);
  } catch (error) {
    // Its blocks are still allocated, so this needs no space.
    writeAll(fd, before, start);
    ftruncateSync(fd, before.length);
    throw new PrepareError(`cannot write ${shownPath(path)}: ${systemReason(error)}`, { cause: error });
  }
}

function writeAll(fd: number, bytes: Buffer, start: number): void {
  for (let at = start; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
}

function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return length;
}
