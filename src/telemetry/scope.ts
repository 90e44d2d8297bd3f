import type { InstrumentationScope } from '@opentelemetry/core';
import { VERSION } from '../version.js';

/** The version of the semantic conventions that names of metrics, spans and attributes follow. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

/** What all metrics and spans of udscope are said to be measured by. */
export const SCOPE: InstrumentationScope = { name: 'udscope', version: VERSION, schemaUrl: SCHEMA_URL };
