/**
 * The library's Monitor in a program that sees socket traffic itself, with an OpenTelemetry SDK of its own:
 * it registers a container's socket, records its traffic, and later reads the methods from the captured bytes.
 * Prints both and ends.
 */
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Monitor } from '../../src/index.js';

/** Collects on request; a real program would have a reader with an exporter. */
class OnDemandReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const CONTAINER = 'c1';
const SOCKET = '/run/geth.ipc';
const HOST_FD = 7;

const monitor = new Monitor({ strategy: { strategy: 'size_limit', max_bytes: 512 } });
const reader = new OnDemandReader();
const provider = new MeterProvider({ readers: [reader] });
const stopObserving = monitor.observe(provider.getMeter('my-program'));

// The code that starts containers, and the code that mounts their sockets.
const socket = monitor.register({ containerId: CONTAINER, socketPath: SOCKET, name: 'geth' });
monitor.registerHostFd(CONTAINER, HOST_FD, SOCKET);

// The code that sees the bytes: by the handle, by name, or by descriptor.
socket.recordSend(request(1, 'eth_blockNumber'));
socket.recordRecv(45);
monitor.recordSend(CONTAINER, SOCKET, request(2, 'eth_call'));
monitor.recordSend(CONTAINER, HOST_FD, request(3, 'eth_call'));
// Traffic of a container that is not registered is not seen.
monitor.recordSend('c2', SOCKET, request(4, 'eth_coinbase'));

// The analyzer, every few seconds.
const { records, lost } = monitor.getSendData();
for (const { containerId, socketPath, size, data } of records)
  console.log(`${containerId} sent ${size} B to ${socketPath}, method ${methodOf(data)}`);
console.log(`${lost} records were overwritten before they were read`);

const { resourceMetrics } = await reader.collect();
for (const { metrics } of resourceMetrics.scopeMetrics) {
  for (const { descriptor, dataPoints } of metrics) {
    for (const { attributes, value } of dataPoints)
      console.log(descriptor.name, JSON.stringify(attributes), value);
  }
}

stopObserving();
monitor.close();
await provider.shutdown();

function request(id: number, method: string): Uint8Array {
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, method, params: [] })}\n`);
}

/** Works on cut messages. A program that needs more parses, or runs the agent. */
function methodOf(data: Uint8Array): string {
  const text = new TextDecoder().decode(data);
  return /"method"\s*:\s*"([^"\\]{1,128})"/.exec(text)?.[1] ?? 'unknown';
}
