import type { Attributes } from '@opentelemetry/api';
import { attributesKey } from './attributes-key.js';

/** The container that series and spans are of, or several that are not told apart. */
export class SeriesContainer {
  #key: string | undefined;

  /** `attributes`: all that is known of it, those that name it in its series among them. */
  constructor(readonly attributes: Attributes) {}

  /** The same for the same attributes. */
  get key(): string {
    this.#key ??= attributesKey(this.attributes);
    return this.#key;
  }

  /** The attributes that do not name it. */
  without(attributes: Attributes): Attributes {
    return Object.fromEntries(
      Object.entries(attributes).filter(([name, value]) => this.attributes[name] !== value),
    );
  }
}
