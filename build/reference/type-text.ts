import type { JsonSchema } from '../../src/configuration/json-schema.js';
import { code } from './generated.js';

const KIB = 1024;

/** What may be written in the place of a setting, and within which bounds. */
export function typeText(schema: JsonSchema): string {
  const variants = schema['anyOf'] as readonly JsonSchema[] | undefined;
  if (isSize(schema)) return sizeText(variants?.[1] ?? {});
  if (variants !== undefined) return variants.map(typeText).join(', or ');
  const values = schema['enum'] as readonly unknown[] | undefined;
  if (values !== undefined) return values.map((value) => code(String(value))).join(', ');
  if (schema['const'] !== undefined) return code(String(schema['const']));
  if (isDuration(schema)) return schema['type'] === 'string' ? 'duration, not 0' : 'duration';
  return typesOf(schema)
    .map((type) => namedType(type, schema))
    .join(' or ');
}

function typesOf({ type }: JsonSchema): readonly string[] {
  return Array.isArray(type) ? type : [String(type)];
}

function namedType(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'array':
      return `list of ${itemText(schema['items'] as JsonSchema)}`;
    case 'object':
      return 'map';
    case 'integer':
      return `whole number${rangeText(schema)}`;
    case 'number':
      return `number${rangeText(schema)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'null':
      return '`null`';
    default:
      return 'text';
  }
}

function itemText(items: JsonSchema): string {
  return items['properties'] === undefined ? typeText(items) : 'maps';
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  if (minimum === undefined && maximum === undefined) return '';
  if (maximum === undefined) return `, at least ${minimum}`;
  return `, ${minimum} to ${maximum}`;
}

function isDuration({ pattern }: JsonSchema): boolean {
  return typeof pattern === 'string' && pattern.includes('(\\d+)ms');
}

function isSize({ anyOf }: JsonSchema): boolean {
  const [text] = (anyOf as readonly JsonSchema[] | undefined) ?? [];
  return typeof text?.['pattern'] === 'string' && text['pattern'].includes('KiB|MiB');
}

function sizeText({ minimum, maximum }: JsonSchema): string {
  return `size, ${bytesText(Number(minimum))} to ${bytesText(Number(maximum))}`;
}

/** As it can be written. */
function bytesText(bytes: number): string {
  const units = ['', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  for (let rest = bytes; rest >= KIB && rest % KIB === 0 && unit < units.length - 1; rest /= KIB) unit++;
  return `${bytes / KIB ** unit}${units[unit]}`;
}
