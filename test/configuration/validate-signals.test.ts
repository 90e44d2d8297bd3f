import assert from 'node:assert/strict';
import { parseYaml } from '../../src/configuration/parse-yaml.js';
import {
  signalOf,
  signalsOf,
  type WrittenPipeline,
  writtenPipelines,
} from '../../src/configuration/pipelines.js';
import { checkSignals } from '../../src/configuration/validate-signals.js';

function written(
  pipelines: Record<string, { processors?: string[]; exporters?: string[] }>,
): WrittenPipeline[] {
  const { root } = parseYaml(JSON.stringify({ service: { pipelines } }), (line) => ({ file: 'test', line }));
  assert.ok(root);
  return writtenPipelines(root);
}

describe('checkSignals', () => {
  const messages = (pipelines: Parameters<typeof written>[0]) =>
    checkSignals(written(pipelines), []).map(({ message }) => message);

  const WITHOUT_ENRICH = 'must have an enrich processor; there are no spans without one';
  const WITHOUT_CAPTURE = 'enrich needs a capture processor before it';

  it('has nothing to say to a pipeline that makes spans', () => {
    assert.deepEqual(messages({ traces: { processors: ['capture', 'enrich'] } }), []);
    assert.deepEqual(messages({ 'traces/a': { processors: ['capture/a', 'filter', 'enrich/b'] } }), []);
    assert.deepEqual(messages({ metrics: { processors: ['capture', 'enrich'] } }), []);
  });

  it('lets metrics do without both processors, or with capture alone', () => {
    assert.deepEqual(messages({ metrics: {}, 'metrics/a': { processors: ['capture'] } }), []);
  });

  it('finds traces that nothing is made of', () => {
    assert.deepEqual(messages({ traces: {} }), [WITHOUT_ENRICH]);
    assert.deepEqual(messages({ 'traces/a': { processors: ['capture', 'enricher'] } }), [WITHOUT_ENRICH]);
    const ofLogs = 'must have an enrich processor; there are no log records without one';
    assert.deepEqual(messages({ logs: { processors: ['capture'] } }), [ofLogs]);
  });

  it('finds enrich without capture, in any pipeline, and capture that comes too late', () => {
    assert.deepEqual(messages({ traces: { processors: ['enrich'] } }), [WITHOUT_CAPTURE]);
    assert.deepEqual(messages({ metrics: { processors: ['enrich/a', 'capture'] } }), [WITHOUT_CAPTURE]);
  });

  it('leaves pipelines of no signal to others', () => {
    assert.deepEqual(messages({ profiles: { processors: ['enrich'] }, 'traces/': {} }), []);
  });
});

describe('signalOf', () => {
  it('is the type of the id of a pipeline', () => {
    assert.equal(signalOf('metrics'), 'metrics');
    assert.equal(signalOf('traces/metrics'), 'traces');
    assert.equal(signalOf('logs/all'), 'logs');
    for (const id of ['profiles', 'trace', 'traces/', '']) assert.equal(signalOf(id), undefined);
  });
});

describe('signalsOf', () => {
  it('has the signals of all pipelines that an exporter is in', () => {
    const pipelines = written({
      traces: { exporters: ['debug', 'otlphttp'] },
      metrics: { exporters: ['prometheus', 'otlphttp'] },
      'metrics/2': { exporters: ['otlphttp'] },
    });
    assert.deepEqual(signalsOf(pipelines, 'otlphttp'), ['metrics', 'traces']);
    assert.deepEqual(signalsOf(pipelines, 'debug'), ['traces']);
    assert.deepEqual(signalsOf(pipelines, 'prometheus'), ['metrics']);
    assert.deepEqual(signalsOf(pipelines, 'otlphttp/unused'), []);
  });
});
