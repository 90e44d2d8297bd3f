import assert from 'node:assert/strict';
import { OtlpReceiver } from '../exporters/support/otlp-receiver.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { LineClient } from '../support/line-client.js';
import { answer, LineService } from '../support/line-service.js';

/**
 * A reload that changed two exporters stopped the first at once, and waited for the second, whose destination did not answer:
 * nobody took the calls that ended meanwhile, and nothing counted them.
 */
describe('calls that end while exporters are replaced', () => {
  const cleanup = useCleanup();

  async function listen(): Promise<OtlpReceiver> {
    const receiver = await new OtlpReceiver().listen();
    cleanup.defer(() => receiver.close());
    return receiver;
  }

  it('are exported by the next ones', async () => {
    const agent = new CapturingAgent(cleanup);
    const [sound, silent] = [await listen(), await listen()];
    silent.answer = () => 'hang';
    const configuration = (version: string) => {
      const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'] };
      return {
        receivers: { uds: { sockets: [{ name: 'rpc', listen: agent.listen, upstream: agent.upstream }] } },
        processors: { capture: {}, enrich: {} },
        exporters: { otlphttp: { endpoint: sound.url }, 'otlphttp/silent': { endpoint: silent.url } },
        service: {
          telemetry: { resource: { 'service.version': version } },
          pipelines: {
            traces: { ...pipeline, exporters: ['otlphttp', 'otlphttp/silent'] },
            logs: { ...pipeline, exporters: ['otlphttp'] },
          },
        },
      };
    };
    await agent.startWith(configuration('1'));
    await LineService.listen(cleanup, agent.upstream, answer);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('first');
    await eventually('a destination is silent', () => silent.requests.length > 0);
    let isReloaded = false;
    const reloaded = agent.reloadWith(configuration('2')).finally(() => {
      isReloaded = true;
    });
    while (!isReloaded) {
      await client.call('during');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await reloaded;
    await client.close();
    silent.answer = () => ({});
    assert.equal((await agent.process.stop()).code, 0);
    const records = sound.requests.flatMap((request) =>
      request.url === '/v1/logs' ? request.logRecords : [],
    );
    const spans = sound.requests.flatMap((request) => (request.url === '/v1/traces' ? request.spans : []));
    assert.equal(records.length, client.answers.length);
    assert.equal(spans.length, client.answers.length);
    assert.ok(records.some(({ resource }) => resource['service.version'] === '2'));
  });
});
