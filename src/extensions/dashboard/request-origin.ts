import type { IncomingHttpHeaders } from 'node:http';

/** Where a browser says that a request comes from (https://www.w3.org/TR/fetch-metadata/), of its own pages and of nobody's. */
const OWN_SITES: readonly unknown[] = [undefined, 'same-origin', 'none'];

/**
 * Why a request of a page of somebody else is refused; undefined when it is none. A page elsewhere could not read the answer, but
 * have the agent work for it, or measure how long it takes. A link to the page itself may be followed.
 */
export function originRefusal(headers: IncomingHttpHeaders, isPage: boolean): string | undefined {
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host) return 'this is for pages of udscope itself';
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers;
  if (OWN_SITES.includes(site)) return undefined;
  if (isPage && mode === 'navigate' && destination === 'document') return undefined;
  return 'this is for pages of udscope itself';
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
