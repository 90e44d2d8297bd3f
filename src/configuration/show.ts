import type { Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { find, type Origin, type TreeNode } from './tree.js';

/** Keys below which every value is a secret, at any place. */
const SECRET_KEYS = ['headers', 'ca_pem', 'cert_pem', 'key_pem'];

/** Keys below which names are the user's own. */
const OWN_KEYS = ['options', 'resource'];

/** Names of variables, attributes and parameters that hold secrets. */
const SECRET_NAME =
  /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|APIKEY|(?:^|[^A-Z])(?:KEY|PWD|PASS|SIG)(?:[^A-Z]|$)/i;

/** User and password of a URL, which may have blanks in them. */
const CREDENTIALS = /\/\/[^/]*@/g;

/** The same where a slash in the password has the URL be none. */
const BROKEN_CREDENTIALS = /\/\/.*@/s;

/** A name and its value in the query of a URL. */
const PARAMETER = /([?&][^=&#\s]*)=[^&#\s]*/g;

/** A value as a message shows it: JSON, on one line, cut. Maps and lists are only named. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  if (typeof value !== 'string') return String(value);
  return quote(withoutCredentials(value));
}

/** A text without the user and password of a URL in it, and without secrets in its query. */
export function withoutCredentials(text: string): string {
  const isBroken = /^https?:/i.test(text) && !URL.canParse(text);
  return text
    .replace(isBroken ? BROKEN_CREDENTIALS : CREDENTIALS, '//***@')
    .replace(PARAMETER, (whole, name: string) => (isSecretName(name) ? `${name}=***` : whole));
}

/** True where a value must not be shown. */
export function isSecret(path: Path): boolean {
  const own = path.findIndex((segment) => OWN_KEYS.includes(String(segment)));
  return path.some(
    (segment, i) =>
      SECRET_KEYS.includes(String(segment)) || (own >= 0 && i > own && isSecretName(String(segment))),
  );
}

/** Whether a name says that what it stands for is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Whether what is at a path is from a variable with the name of a secret, or its default, by itself or with what is around it. */
export function isOfSecretVariable(root: TreeNode, path: Path): boolean {
  const nodes = [...path.keys(), path.length].flatMap((length) => find(root, path.slice(0, length)) ?? []);
  return nodes.some(({ variables = [], defaulted = [] }) => [...variables, ...defaulted].some(isSecretName));
}

/** `otel-config.yaml:12`, or only the file where there is no line. */
export function formatOrigin({ file, line }: Origin): string {
  return line === undefined ? file : `${file}:${line}`;
}
