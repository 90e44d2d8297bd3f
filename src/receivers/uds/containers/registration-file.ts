import { readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { ContainerRequest, ContainerSocketRequest } from '../../../api/agent.js';
import { parseContainerId, parseNamespace } from '../../../api/containers/container-id.js';
import { MAX_SOCKETS } from '../../../api/containers/limits.js';
import { containerRequestSchema } from '../../../api/containers/request.js';
import { namesIn, readJson } from '../../../identity/sources/trusted-files.js';
import { attempt } from '../../../values/attempt.js';

/*
 * A registration as it lies beside the sockets of its container, in a directory that only the agent's user can enter, for the
 * next process of the agent. One that was written by another version, before the machine was started, or by another user does not
 * count.
 */

/** No container id and no socket has such a name. */
const FILE = '.registration.json';
const UNFINISHED = `${FILE}.new`;

/** Changes whenever the meaning of the file does. */
const VERSION = 1;

const MAX_BYTES = 2 ** 20;

const OWNER_ONLY = 0o600;

const parsed = (parse: (input: string) => { ok: boolean }) => z.string().refine((input) => parse(input).ok);

const fileSchema = z.strictObject({
  version: z.literal(VERSION),
  boot: z.string(),
  id: parsed(parseContainerId),
  namespace: parsed(parseNamespace).optional(),
  request: containerRequestSchema,
  /** File names of the sockets, in the order of those of the request. */
  listens: z.array(z.string().regex(/^\d{1,4}\.sock$/)).max(MAX_SOCKETS),
});

/** What a container was registered with, and where its sockets listen. */
export interface SavedRegistration {
  readonly request: ContainerRequest;
  readonly namespace: string | undefined;
  readonly folder: string;
  readonly sockets: readonly (ContainerSocketRequest & { readonly listen: string })[];
}

/** Writes a registration, in place of the one before. @throws as node:fs does */
export function saveRegistration({ request, namespace, folder, sockets }: SavedRegistration): void {
  const { id, namespace: _, livenessPath: marker, ...body } = request;
  const file: z.input<typeof fileSchema> = {
    version: VERSION,
    boot: bootId(),
    id,
    namespace,
    request: { ...body, marker, sockets: sockets.map(({ listen: _listen, ...socket }) => socket) },
    listens: sockets.map(({ listen }) => basename(listen)),
  };
  const unfinished = join(folder, UNFINISHED);
  writeFileSync(unfinished, JSON.stringify(file), { mode: OWNER_ONLY });
  renameSync(unfinished, join(folder, FILE));
}

/** Names of folders in which a registration may be. */
export function foldersOf(directory: string, max: number): string[] {
  return namesIn(directory, max).filter((name) => parseContainerId(name).ok);
}

/** The registration in a folder, and how long ago it was written, in ms; undefined if there is none that counts. */
export function readRegistration(folder: string): (SavedRegistration & { ageMs: number }) | undefined {
  const path = join(folder, FILE);
  const result = fileSchema.safeParse(readJson(path, MAX_BYTES));
  if (!result.success) return undefined;
  const { boot, id, namespace, request, listens } = result.data;
  const { marker: livenessPath, ...body } = request;
  const isWhole = listens.length === body.sockets.length && new Set(listens).size === listens.length;
  if (!isWhole || boot !== bootId()) return undefined;
  const sockets = body.sockets.map((socket, i) => ({ ...socket, listen: join(folder, listens[i]) }));
  const writtenMs = attempt(() => statSync(path).mtimeMs) ?? 0;
  return {
    request: { ...body, id, namespace, livenessPath },
    namespace,
    folder,
    sockets,
    ageMs: Date.now() - writtenMs,
  };
}

/** Removes the registration in a folder, if there is one. */
export function removeRegistration(folder: string): void {
  for (const name of [FILE, UNFINISHED]) attempt(() => unlinkSync(join(folder, name)));
}

/** Another one each time the machine is started. */
function bootId(): string {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '';
}
