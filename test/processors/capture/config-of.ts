import {
  type CaptureProcessorConfig,
  captureProcessorSchema,
} from '../../../src/processors/capture/config.js';

/** What the schema makes of a configuration. @throws ZodError */
export function configOf(body: unknown): CaptureProcessorConfig {
  return captureProcessorSchema.parse(body);
}
