import {
  type CollectionResult,
  MeterProvider,
  MetricReader,
  type MetricReaderOptions,
} from '@opentelemetry/sdk-metrics';

/** A reader that collects when it is told to, on a provider of its own. */
export class TestReader extends MetricReader {
  readonly provider: MeterProvider;

  constructor(options: MetricReaderOptions) {
    super(options);
    this.provider = new MeterProvider({ readers: [this] });
  }

  /** Collects, and throws what went wrong with it. */
  async read(): Promise<CollectionResult> {
    const result = await this.collect();
    if (result.errors.length > 0) throw result.errors[0];
    return result;
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}
