/** A message of Varlink. */
export function varlinkMessage(message: object): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\0`);
}

export const call = (method: string, members: object = {}): Buffer =>
  varlinkMessage({ method, parameters: { name: 'x' }, ...members });

export const reply = (members: object = {}): Buffer =>
  varlinkMessage({ parameters: { a: [1, '}'] }, ...members });

export const failure = (error: string): Buffer => varlinkMessage({ error, parameters: {} });
