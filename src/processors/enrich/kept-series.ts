import type { Attributes } from '@opentelemetry/api';
import { attributesKey } from '../../telemetry/series.js';
import type { SeriesHandle } from '../../telemetry/series-table.js';

/**
 * Holds on series whose counting has been interrupted, so that they do not end before those whose traffic they are of: who
 * counts next for them goes on with the same series.
 */
export class KeptSeries {
  /** By the attributes of the sources. */
  readonly #handles = new Map<string, SeriesHandle[]>();

  /** Holds a series of all sources with these attributes. */
  add(attributes: Attributes, handle: SeriesHandle): void {
    const key = attributesKey(attributes);
    const handles = this.#handles.get(key);
    if (handles === undefined) this.#handles.set(key, [handle]);
    else handles.push(handle);
  }

  /** A source with these attributes has ended: the last of them lets go. `others`: those that there are. */
  release(attributes: Attributes, others: Iterable<{ attributes: Attributes }>, isFinal: boolean): void {
    const key = attributesKey(attributes);
    const handles = this.#handles.get(key);
    if (handles === undefined) return;
    for (const other of others) {
      if (attributesKey(other.attributes) === key) return;
    }
    this.#handles.delete(key);
    for (const handle of handles) handle.close(isFinal);
  }
}
