import type { IncomingMessage } from 'node:http';
import { quote } from '../values/quote.js';
import { RequestError } from './request-error.js';

/** The longest body that is read. */
const MAX_BODY_BYTES = 2 ** 20;

/** JSON by name, and the type that curl gives to --data by default. */
const JSON_TYPE = /^(?:application\/(?:[\w.+-]+\+)?json|text\/json|application\/x-www-form-urlencoded)$/i;

/**
 * The body of a request, read as JSON. A body that is refused goes on coming and is thrown away, so that its sender
 * reads the answer.
 *
 * @throws RequestError
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = request.headers;
  if (type !== undefined && !JSON_TYPE.test(type.split(';', 1)[0]!.trim())) {
    throw new RequestError(415, `content-type: ${quote(type)} is not JSON; send application/json`);
  }
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RequestError(415, `content-encoding: ${quote(encoding)} is not accepted; send plain JSON`);
  }
  if (Number(length) > MAX_BODY_BYTES) throw tooLarge();
  return parseJson(await readBytes(request));
}

function readBytes(request: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge());
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    // The client has gone, and will not read this.
    request.once('error', () => reject(new RequestError(400, 'the body has no end')));
  });
}

function tooLarge(): RequestError {
  return new RequestError(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
}

/** Does not repeat the parser's message: it quotes the text, which may be anything. */
function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new RequestError(400, 'the body is empty; send JSON');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new RequestError(400, 'the body is not JSON in UTF-8');
  }
}
