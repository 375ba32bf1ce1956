/**
 * Access by the page that a player is embedded in, as SRS judges it.
 *
 * @module
 */

/**
 * Whether the page is of one of the sites. There are none: of any, or of no page. The page's host
 * must end with a site as it is written: `good.com` lets `notgood.com` in too, `.good.com` does not.
 */
export function isPageAllowed(sites: readonly string[], pageUrl: string): boolean {
  if (sites.length === 0) return true;
  const host = hostOf(pageUrl);
  return host !== "" && sites.some((site) => host.endsWith(site));
}

/** Without scheme, port and path; its case stays. */
function hostOf(pageUrl: string): string {
  return /^(?:.*?:\/\/)?([^/:]*)/s.exec(pageUrl)?.[1] ?? "";
}
