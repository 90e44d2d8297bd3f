import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { charts } from '../../bench/document/charts.js';
import { fallen } from '../../bench/document/compare.js';
import { documentedCase } from '../../bench/document/documented.js';
import type { DocumentedCase } from '../../build/performance/documented.js';
import { DOCUMENTED_FILE, inDocuments, readDocumented } from '../../build/performance/documents.js';
import { performanceTables } from '../../build/performance/tables.js';

const FIGURES = [
  { key: 'roundTripsPerS', title: 'round trips/s', digits: 0 },
  { key: 'cpuNsPerOperation', title: 'relay CPU ns/op', digits: 0 },
  { key: 'relayBusy', title: 'relay busy %', digits: 0, isContext: true as const },
];

/** A case in which ours has these throughputs, round by round, and HAProxy 1000 in each. */
function echoOf(ours: readonly number[], name = 'echo-1x128'): DocumentedCase {
  const samples = (values: readonly number[]) =>
    values.map((roundTripsPerS) => ({ roundTripsPerS, relayBusy: 99 }));
  const series = [
    { name: 'direct', samples: samples(ours.map(() => 3000)) },
    { name: 'udscope', samples: samples(ours).map((each) => ({ ...each, cpuNsPerOperation: 12_345.678 })) },
    { name: 'HAProxy', samples: samples(ours.map(() => 1000)) },
  ];
  return documentedCase({ name, title: 'request/response', figures: FIGURES, series });
}

describe('what is kept of a run of the benchmark', () => {
  it('is medians and ranges, and ratios to HAProxy round by round', () => {
    const [, ours] = echoOf([900, 1200, 1000]).rows;
    assert.deepEqual(ours.figures['roundTripsPerS'], { median: 1000, min: 900, max: 1200 });
    assert.deepEqual(ours.ratios['roundTripsPerS'], { median: 1, min: 0.9, max: 1.2 });
    assert.deepEqual(ours.figures['cpuNsPerOperation'], { median: 12_350, min: 12_350, max: 12_350 });
  });

  it('has no ratio to what was not measured, and no context', () => {
    const [direct, ours] = echoOf([1000]).rows;
    assert.equal(ours.ratios['cpuNsPerOperation'], undefined);
    assert.equal(direct.figures['cpuNsPerOperation'], undefined);
    assert.equal(ours.figures['relayBusy'], undefined);
  });
});

describe('a run beside the documented one', () => {
  const documented = { cases: [echoOf([1000, 1000, 1000])] };

  it('warns of a ratio that has fallen by a tenth, and says what it was', () => {
    assert.deepEqual(fallen(documented, [echoOf([850, 900, 800])]), [
      "echo-1x128: udscope has 0.85 of HAProxy's throughput, and had 1.00",
    ]);
  });

  it('does not of one that has fallen by less or risen, of others, or of cases that are not documented', () => {
    assert.deepEqual(fallen(documented, [echoOf([910, 905, 920])]), []);
    assert.deepEqual(fallen(documented, [echoOf([2000])]), []);
    assert.deepEqual(fallen(documented, [echoOf([100], 'echo-7x128')]), []);
  });
});

describe('the page on performance', () => {
  const hostile = { ...echoOf([900, 1200, 1000]), name: 'echo-<&">' };

  it('has charts that are XML, whatever cases are called, and show bars from zero', async () => {
    const [[file, svg]] = await charts({ cases: [hostile] });
    assert.equal(file, 'throughput.svg');
    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.ok(svg.includes('echo-&lt;&amp;'), svg);
    assert.ok(!svg.includes('echo-<'));
    assert.ok(svg.includes('>0.0</text>') || svg.includes('>0</text>'), 'the axis begins at 0');
    assert.ok(!/fill="(?:white|#fff)/.test(svg), 'there is no background');
  });

  it('shows the charts and tables of the documented run', async () => {
    const documented = readDocumented(DOCUMENTED_FILE);
    const page = readFileSync(inDocuments('performance.md'), 'utf8');
    assert.ok(page.includes(performanceTables(documented)));
    for (const [file, svg] of await charts(documented)) {
      assert.equal(readFileSync(inDocuments(`images/performance/${file}`), 'utf8'), `${svg}\n`, file);
      assert.ok(page.includes(`images/performance/${file}`), `the page does not show ${file}`);
    }
  });
});
