export { changesBetween } from './changes.js';
export { COMPONENT_KINDS, components } from './components.js';
export type { Configuration, ConfiguredOf, PipelineConfig } from './configuration.js';
export { ConfigurationError, type Problem } from './errors.js';
export { configurationJsonSchema } from './json-schema.js';
export {
  type ConfigurationSource,
  type LoadedConfiguration,
  loadConfiguration,
  printConfiguration,
} from './load.js';
export { type CheckedFile, readCheckedFile } from './read-checked-file.js';
