export type { Configuration, ConfiguredOf, PipelineConfig } from './configuration.js';
export { ConfigurationError, formatProblem, type Problem } from './errors.js';
export { configurationJsonSchema } from './json-schema.js';
export {
  type ConfigurationSource,
  type LoadedConfiguration,
  loadConfiguration,
} from './load.js';
