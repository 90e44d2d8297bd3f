import assert from 'node:assert/strict';

/** A bucket's line of a page in OpenMetrics, and the exemplar at its end. */
export interface PageExemplar {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The bound of the bucket below. */
  readonly above: number;
  readonly exemplar: {
    readonly traceId: string;
    readonly spanId: string;
    readonly value: number;
    /** Seconds since the epoch. */
    readonly timestamp: number;
  };
}

const LINE = /^(\w+)\{((?:"(?:[^"\\]|\\.)*"|[^"}])*)\} (\d+)(?: # (.*))?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const EXEMPLAR = /^\{trace_id="([0-9a-f]{32})",span_id="([0-9a-f]{16})"\} (\S+) (\d+(?:\.\d+)?)$/;

/** All exemplars of a page, in its order. It throws at one that the agent should not write. */
export function exemplarsOf(page: string): PageExemplar[] {
  assert.ok(page.endsWith('\n# EOF\n'));
  const found: PageExemplar[] = [];
  let above = Number.NEGATIVE_INFINITY;
  for (const line of page.split('\n').slice(0, -2)) {
    const [, name = '', texts = '', , rest] = LINE.exec(line) ?? [];
    if (!name.endsWith('_bucket')) {
      assert.ok(line.startsWith('#') || !line.includes(' # '), line);
      above = Number.NEGATIVE_INFINITY;
      continue;
    }
    const labels = Object.fromEntries([...texts.matchAll(LABEL)].map(([, label, value]) => [label, value]));
    if (rest !== undefined) found.push({ name, labels, above, exemplar: readExemplar(rest) });
    above = Number(labels['le']);
  }
  return found;
}

function readExemplar(text: string): PageExemplar['exemplar'] {
  const [, traceId = '', spanId = '', value, timestamp] = EXEMPLAR.exec(text) ?? assert.fail(text);
  return { traceId, spanId, value: Number(value), timestamp: Number(timestamp) };
}
