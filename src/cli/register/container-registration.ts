import type * as z from 'zod';
import { parseContainerId, parseNamespace } from '../../api/containers/container-id.js';
import type { containerRequestSchema } from '../../api/containers/request.js';
import {
  containerDetailsSchema,
  type RegisteredContainer,
  registeredContainerSchema,
} from '../../api/containers/schema.js';
import type { Parsed } from '../../values/parsed.js';
import { quote } from '../../values/quote.js';
import type { ControlClient } from '../control/control-client.js';
import { CommandError } from '../control/failure.js';

/** The body of a registration. */
export type Registration = z.output<typeof containerRequestSchema>;

/** The value of an argument. @throws CommandError */
export function argument<T>(name: string, value: string, parse: (value: string) => Parsed<T>): T {
  const parsed = parse(value);
  if (!parsed.ok) throw new CommandError(`${name}: ${quote(value)} ${parsed.refusal}`);
  return parsed.value;
}

/** The container to register. */
export interface NamedContainer {
  /** container.id */
  readonly container: string;
  /** What the id is unique in; needed where several containers have that id. */
  readonly namespace?: string;
}

/** The registration of one container at the agent. */
export class ContainerRegistration {
  readonly #client: ControlClient;
  readonly #route: string;

  /** @throws CommandError */
  constructor(client: ControlClient, { container, namespace }: NamedContainer) {
    this.#client = client;
    const route = `/v1/containers/${encodeURIComponent(argument('--container', container, parseContainerId))}`;
    this.#route =
      namespace === undefined
        ? route
        : `${route}?namespace=${encodeURIComponent(argument('--namespace', namespace, parseNamespace))}`;
  }

  /** undefined when it is not registered. @throws CommandError */
  async find(): Promise<Registration | undefined> {
    return (await this.#client.find(this.#route, containerDetailsSchema))?.registration;
  }

  /** Replaces the registration. @throws CommandError */
  replace(registration: Partial<Registration>): Promise<RegisteredContainer> {
    return this.#client.put(this.#route, registration, registeredContainerSchema);
  }

  /** @throws CommandError */
  remove(): Promise<void> {
    return this.#client.delete(this.#route);
  }
}
