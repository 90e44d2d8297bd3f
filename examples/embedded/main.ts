/**
 * udscope inside a program with an OpenTelemetry SDK of its own: the relay's instruments join the program's
 * on its Meter. Prints what the SDK collected and ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { startRelay } from '../../src/index.js';

/** Collects on request; a real program would have a reader with an exporter. */
class OnDemandReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const directory = mkdtempSync(join(tmpdir(), 'udscope-embedded-'));
const upstream = join(directory, 'service.sock');
const listen = join(directory, 'relay.sock');

const service = createServer((socket) => socket.pipe(socket)).listen(upstream);
const relay = await startRelay({
  receiver: { threads: 1, sockets: [{ name: 'echo', listen, upstream, container: { id: 'c1' } }] },
});

const reader = new OnDemandReader();
const provider = new MeterProvider({ readers: [reader] });
const stopObserving = relay.observe(provider.getMeter('my-program'));

await new Promise<void>((resolve) => {
  const client = connect(listen, () => client.end('hello, relay'));
  client.resume().on('close', () => resolve());
});

const { resourceMetrics } = await reader.collect();
for (const { metrics } of resourceMetrics.scopeMetrics) {
  for (const { descriptor, dataPoints } of metrics) {
    for (const { attributes, value } of dataPoints)
      console.log(descriptor.name, JSON.stringify(attributes), value);
  }
}

stopObserving();
await relay.shutdown(Date.now() + 1000);
await provider.shutdown();
service.close();
rmSync(directory, { recursive: true });
