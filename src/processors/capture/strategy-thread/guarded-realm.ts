import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { MessagePort } from 'node:worker_threads';

/*
 * A strategy's module shares the globals of its thread with the code of ours that runs there. It is not kept from doing what
 * any program of this process may do, and cannot be: the configuration is trusted. But it shall not
 * break its surroundings by mistake, or by a habit that is harmless in a program of its own.
 */

const SHARED = [
  'Atomics',
  'Array',
  'ArrayBuffer',
  'BigInt',
  'Boolean',
  'Buffer',
  'Error',
  'Float64Array',
  'Int32Array',
  'JSON',
  'Map',
  'Math',
  'Number',
  'Object',
  'Promise',
  'Reflect',
  'RegExp',
  'Set',
  'SharedArrayBuffer',
  'String',
  'Symbol',
  'TypeError',
  'Uint8Array',
  'WeakMap',
  'globalThis',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setTimeout',
] as const;

/**
 * Only the names of these are protected. Code that makes an object or an error may give it a `toString` or `name` of its own, which
 * a read-only one of the prototype would forbid, and how stacks are drawn is set at Error.
 */
const OPEN = new Set<unknown>([Error, Object, TypeError, globalThis]);

/** Ways in which a thread would take the whole process with it, or send it a signal. */
const ENDS_OTHERS = ['abort', 'kill', '_kill', '_debugProcess', '_debugEnd'];
const ENDS_THREAD = ['exit', 'reallyExit'];

/** Makes what all code of this thread uses read-only, and takes away what ends more than a strategy. */
export function guardRealm({ mayExit }: { mayExit: boolean }): void {
  for (const name of SHARED) {
    const value = (globalThis as Record<string, unknown>)[name];
    Object.defineProperty(globalThis, name, { value, writable: false, configurable: false });
    if (!OPEN.has(value)) lock(value);
  }
  Object.preventExtensions(Object.prototype);
  lock(Object.getPrototypeOf(Uint8Array));
  lock(Object.getPrototypeOf([][Symbol.iterator]()));
  lock(Object.getPrototypeOf(new Map()[Symbol.iterator]()));
  lock(MessagePort);
  for (const name of [...ENDS_OTHERS, ...(mayExit ? [] : ENDS_THREAD)]) {
    const value = () => {
      throw new Error(`a strategy may not call process.${name}`);
    };
    Object.defineProperty(process, name, { value, writable: false, configurable: false });
  }
  // What is imported by name is the same.
  syncBuiltinESMExports();
}

/** Makes what is there read-only: of the object, and of what it makes. */
function lock(target: unknown): void {
  for (const owner of [target, (target as { prototype?: unknown } | undefined)?.prototype]) {
    if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) continue;
    for (const key of Reflect.ownKeys(owner)) lockProperty(owner, key);
  }
}

function lockProperty(owner: object, key: string | symbol): void {
  const property = Object.getOwnPropertyDescriptor(owner, key);
  if (property?.configurable !== true) return;
  Object.defineProperty(owner, key, {
    ...property,
    configurable: false,
    ...('value' in property ? { writable: false } : {}),
  });
}
