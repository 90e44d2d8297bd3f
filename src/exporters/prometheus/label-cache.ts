import type { Attributes } from '@opentelemetry/api';
import { histogramNaming, type LabelNaming, labelsText } from './labels.js';

const encoder = new TextEncoder();

/**
 * The labels of series as bytes, as they stand between braces.
 *
 * Labels are most of a line, and the same in every scrape. They are kept for as long as the attributes, which a series
 * hands out as the same object each time.
 */
export class LabelCache {
  readonly #common: Attributes;
  readonly #nameOf: LabelNaming;
  readonly #histogramNameOf: LabelNaming;
  readonly #labels = new WeakMap<Attributes, Uint8Array>();
  /** Of histograms, where their labels differ from those of a counter. */
  readonly #histogramLabels = new WeakMap<Attributes, Uint8Array>();

  /** @param common what every series has, unless it has a label of that name itself. */
  constructor(common: Attributes, nameOf: LabelNaming) {
    this.#common = common;
    this.#nameOf = nameOf;
    this.#histogramNameOf = histogramNaming(nameOf);
  }

  of(attributes: Attributes): Uint8Array {
    let labels = this.#labels.get(attributes);
    if (labels === undefined) {
      labels = this.#encode(attributes, this.#nameOf);
      this.#labels.set(attributes, labels);
    }
    return labels;
  }

  ofHistogram(attributes: Attributes): Uint8Array {
    if (attributes['le'] === undefined && this.#common['le'] === undefined) return this.of(attributes);
    let labels = this.#histogramLabels.get(attributes);
    if (labels === undefined) {
      labels = this.#encode(attributes, this.#histogramNameOf);
      this.#histogramLabels.set(attributes, labels);
    }
    return labels;
  }

  // Memory of their own, not a piece of Node's pool for small buffers: one series that stays would keep the
  // whole piece that many others were in.
  #encode(attributes: Attributes, nameOf: LabelNaming): Uint8Array {
    return encoder.encode(labelsText(attributes, this.#common, nameOf));
  }
}
