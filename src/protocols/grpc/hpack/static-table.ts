import { type HeaderField, headerNamed, OTHER } from './header-field.js';

/** https://www.rfc-editor.org/rfc/rfc7541#appendix-A: names, and values where there are any. The first has the index 1. */
const HEADERS = `\
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate
`;

/** By index; there is none at 0. */
export const STATIC_TABLE: readonly (HeaderField | undefined)[] = [
  undefined,
  ...HEADERS.trimEnd().split('\n').map(fieldOf),
];

function fieldOf(line: string): HeaderField {
  const [name, ...words] = line.split(' ');
  const value = words.join(' ');
  const header = headerNamed(name);
  const shown = header === OTHER ? '' : value;
  return { header, nameBytes: name.length, valueBytes: value.length, value: shown };
}
