/** A request of exactly `bytes` bytes, its line feed included. */
export function request(bytes: number): Buffer {
  const head = '{"jsonrpc":"2.0","id":83,"method":"eth_call","params":["';
  const end = '"]}\n';
  const filling = bytes - head.length - end.length;
  if (filling < 0) throw new RangeError(`no request has only ${bytes} bytes`);
  return Buffer.from(head + 'f'.repeat(filling) + end);
}

/** `count` requests in one operation. */
export function pipelined(count: number, bytes: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(request(bytes)));
}

/** A message in operations of `parts` bytes, the last of them what is left. */
export function split(message: Buffer, parts: readonly number[]): Buffer[] {
  let rest = message;
  const operations = parts.map((bytes) => {
    const operation = rest.subarray(0, bytes);
    rest = rest.subarray(bytes);
    return operation;
  });
  return [...operations, rest];
}
