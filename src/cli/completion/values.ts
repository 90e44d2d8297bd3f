import { PROTOCOL_NAMES } from '../../protocols/names.js';

/** What can be offered in the place of a value. */
export type ValueKind = 'file' | 'socket' | 'container' | 'containerId' | 'nothing' | readonly string[];

/** What stands behind options that take a value, unless they have choices of their own. */
export const OPTION_VALUES: Readonly<Record<string, ValueKind>> = {
  '--attribute': 'nothing',
  '--config': 'file',
  '--container': 'container',
  '--container-id': 'nothing',
  '--control': 'file',
  '--credentials': ['client', 'self'],
  '--image': 'nothing',
  '--interval': 'nothing',
  '--last': 'nothing',
  '--limit': 'nothing',
  '--method': 'nothing',
  '--name': 'nothing',
  '--namespace': 'nothing',
  '--otlp': 'nothing',
  '--path': 'nothing',
  '--pcapng': 'file',
  '--prometheus': 'nothing',
  '--protocol': PROTOCOL_NAMES,
  '--set': 'nothing',
  '--socket': 'socket',
  '--upstream': 'file',
};

/** The same of arguments, by their names. */
export const ARGUMENT_VALUES: Readonly<Record<string, ValueKind>> = {
  command: 'file',
  file: 'file',
  listen: 'file',
  upstream: 'file',
};
