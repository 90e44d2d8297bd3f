import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { acceptsGzip } from '../../http/accepts-gzip.js';

/** What the page is made of, as build/bundle.ts makes it: a path, the file beside this one, and its type. */
const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['page/index.html', 'text/html; charset=utf-8']],
  ['/app.js', ['page/app.js', 'text/javascript; charset=utf-8']],
  ['/style.css', ['page/style.css', 'text/css; charset=utf-8']],
  ['/icon.svg', ['page/icon.svg', 'image/svg+xml']],
]);

interface LoadedFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly compressed: Buffer;
  /** Tells versions apart (RFC 9110, section 8.8.3). */
  readonly tag: string;
}

/** The files of the page. Each is read when it is asked for first, and kept. */
export class PageFiles {
  readonly #folder: URL;
  readonly #loaded = new Map<string, Promise<LoadedFile>>();

  /** `folder`: where `page/` is. */
  constructor(folder = new URL('.', import.meta.url)) {
    this.#folder = folder;
  }

  has(path: string): boolean {
    return FILES.has(path);
  }

  /** Answers GET or HEAD. @throws Error when the file cannot be read */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { type, bytes, compressed, tag } = await this.#load(path);
    // The browser asks each time whether it has the version that runs.
    const headers = { 'cache-control': 'no-cache', etag: tag, vary: 'accept-encoding' };
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304, headers).end();
      return;
    }
    const isCompressed = acceptsGzip(request.headers['accept-encoding']);
    const body = isCompressed ? compressed : bytes;
    response.writeHead(200, {
      ...headers,
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
      'content-type': type,
      'content-length': body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #load(path: string): Promise<LoadedFile> {
    const known = this.#loaded.get(path);
    if (known !== undefined) return known;
    const loading = read(FILES.get(path)!, this.#folder);
    this.#loaded.set(path, loading);
    // It may be there the next time.
    loading.catch(() => this.#loaded.delete(path));
    return loading;
  }
}

async function read([file, type]: readonly [string, string], folder: URL): Promise<LoadedFile> {
  const bytes = await readFile(new URL(file, folder));
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, bytes, compressed: await promisify(gzip)(bytes), tag };
}
