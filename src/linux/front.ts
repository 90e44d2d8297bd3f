import { lstatSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { check } from './errno.js';
import type { HeldDirectory } from './held-directory.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import { linkRefusal } from './links.js';
import { openDirectory } from './open-directory.js';
import { exchangeNames, renameToFree } from './rename.js';
import { unixAddress } from './sockaddr.js';
import { bind, close, openStream } from './socket.js';
import { BIND_UMASK, claimFile, clearPlace, removeFileAt } from './socket-file.js';
import { withUmask } from './umask.js';

/** What a client finds at the path: our socket, a file that refuses it, or nothing. */
export type Appearance = 'shown' | 'refusing' | 'absent';

/**
 * The file of a listening socket, its front, as clients find it at its path. The same inode is shown there or kept aside
 * in the same directory, so that whoever has mounted the very file keeps it:
 *
 *            NAME            .NAME.udscope
 *   shown    the front
 *   refusing a placeholder   the front
 *   absent                   the front
 *
 * Every change is one rename of two names, checked before and after. What others have put at the path stays there. They can
 * exchange these names where they may write to the directory, and gain nothing that they could not have made directly.
 */
export class Front {
  readonly #path: string;
  readonly #file: FileIdentity;
  #appearance: Appearance;
  /** A socket that nobody listens on. It is held so that no other file can get its inode number. */
  #placeholder: HeldFile | undefined;

  /** `appearance`: as it is; `absent` if the file is aside. */
  constructor(path: string, file: FileIdentity, appearance: 'shown' | 'absent' = 'shown') {
    this.#path = path;
    this.#file = file;
    this.#appearance = appearance;
  }

  /** What it ought to look like. */
  get appearance(): Appearance {
    return this.#appearance;
  }

  /** Where the socket's file ought to be at present. */
  get place(): string {
    return this.#appearance === 'shown' ? this.#path : asidePath(this.#path);
  }

  /** Whether the path looks as it ought to, and the front is where it ought to be. True if that cannot be determined. */
  get isInPlace(): boolean {
    try {
      return isSameFile(lstatSync(this.place, { bigint: true }), this.#file);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EACCES';
    }
  }

  /**
   * Changes what clients find. `dress` gives a placeholder its owner and mode. If others have put something at the path,
   * the front stays aside when it should be shown (then it is not in place), and their file when it should be hidden.
   *
   * @throws Error if the file system or its permissions do not allow it; all is as before then.
   */
  appear(wanted: Appearance, dress: (placeholder: HeldFile) => void): void {
    if (wanted === this.#appearance && (wanted !== 'shown' || this.isInPlace)) return;
    const { directory } = openDirectory(dirname(this.#path), { create: false, refusal: linkRefusal });
    try {
      if (wanted === 'shown') this.#show(directory);
      else if (this.#appearance === 'shown') this.#hide(directory, wanted, dress);
      else if (wanted === 'absent') this.#removePlaceholder(directory, this.#name);
      else this.#placeFreely(directory, dress);
    } finally {
      directory.close();
    }
    this.#appearance = wanted;
  }

  /**
   * Removes the file, wherever it is, and what stands for it.
   *
   * @throws Error if a file cannot be removed
   */
  remove(): void {
    const placeholder = this.#placeholder;
    this.#placeholder = undefined;
    try {
      if (placeholder !== undefined) removeFileAt(this.#path, placeholder.stat());
      if (this.#appearance !== 'shown' || !this.isInPlace) removeFileAt(asidePath(this.#path), this.#file);
      removeFileAt(this.#path, this.#file);
    } finally {
      placeholder?.close();
    }
  }

  get #name(): string {
    return basename(this.#path);
  }

  get #aside(): string {
    return asideName(this.#name);
  }

  #hide(directory: HeldDirectory, wanted: Appearance, dress: (placeholder: HeldFile) => void): void {
    // What an agent that died has left.
    clearPlace(directory, this.#aside);
    if (!this.#isFront(directory, this.#name)) throw new Error(`something else is at ${this.#path}`);
    if (wanted === 'absent') {
      renameToFree(directory.at(this.#name), directory.at(this.#aside));
      if (this.#isFront(directory, this.#aside)) return;
      renameToFree(directory.at(this.#aside), directory.at(this.#name));
    } else {
      this.#placeholder = makePlaceholder(directory, this.#aside, dress);
      exchangeNames(directory.at(this.#aside), directory.at(this.#name));
      if (this.#isFront(directory, this.#aside)) return;
      exchangeNames(directory.at(this.#aside), directory.at(this.#name));
      this.#removePlaceholder(directory, this.#aside);
    }
    throw new Error(`something else is at ${this.#path}`);
  }

  #show(directory: HeldDirectory): void {
    const [name, aside] = [directory.at(this.#name), directory.at(this.#aside)];
    if (!this.#isFront(directory, this.#aside)) {
      this.#removePlaceholder(directory, this.#name);
      return;
    }
    if (this.#isPlaceholder(directory, this.#name)) {
      exchangeNames(aside, name);
      if (this.#isPlaceholder(directory, this.#aside)) {
        this.#removePlaceholder(directory, this.#aside);
        return;
      }
      exchangeNames(aside, name);
    }
    this.#dropPlaceholder();
    if (renameToFree(aside, name)) return;
    try {
      clearPlace(directory, this.#name);
    } catch {
      // A server of others, or no socket at all: it stays, and whoever binds the path anew is told what it is.
      return;
    }
    renameToFree(aside, name);
  }

  /** While there is nothing at the path. */
  #placeFreely(directory: HeldDirectory, dress: (placeholder: HeldFile) => void): void {
    if (directory.look(this.#name) !== undefined) return;
    this.#placeholder = makePlaceholder(directory, this.#name, dress);
  }

  #removePlaceholder(directory: HeldDirectory, name: string): void {
    if (this.#isPlaceholder(directory, name)) unlinkSync(directory.at(name));
    this.#dropPlaceholder();
  }

  #dropPlaceholder(): void {
    this.#placeholder?.close();
    this.#placeholder = undefined;
  }

  #isFront(directory: HeldDirectory, name: string): boolean {
    return isSameFile(directory.look(name), this.#file);
  }

  #isPlaceholder(directory: HeldDirectory, name: string): boolean {
    return this.#placeholder !== undefined && isSameFile(directory.look(name), this.#placeholder.stat());
  }
}

/** The name beside `name` that a front is kept under. */
export function asideName(name: string): string {
  return `.${name}.udscope`;
}

/** Where the front of a path is kept aside. */
export function asidePath(path: string): string {
  return `${dirname(path)}/${asideName(basename(path))}`;
}

/** The path whose front is kept at `path`; undefined if that is no such place. */
export function shownPath(path: string): string | undefined {
  const [, name] = /^\.(.+)\.udscope$/.exec(basename(path)) ?? [];
  return name === undefined ? undefined : `${dirname(path)}/${name}`;
}

/** A socket file without a socket. Who connects is refused, whatever type its own socket has. */
function makePlaceholder(
  directory: HeldDirectory,
  name: string,
  dress: (placeholder: HeldFile) => void,
): HeldFile {
  const fd = check('socket', openStream());
  try {
    check(
      'bind',
      withUmask(BIND_UMASK, () => bind(fd, unixAddress(directory.at(name)))),
    );
    const file = claimFile(fd, directory, { name, isExposed: true });
    const held = HeldFile.ofSocket(fd) ?? HeldFile.at(directory.at(name));
    if (!isSameFile(held.stat(), file)) {
      held.close();
      throw new Error('it was replaced as soon as it was bound');
    }
    dress(held);
    return held;
  } finally {
    close(fd);
  }
}
