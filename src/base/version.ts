/**
 * What this program calls itself.
 *
 * @module
 */

export const PRODUCT_NAME = "Sluice";

/** The same as in package.json; a test holds the two together. */
export const VERSION = "0.1.0";

/** As in `Server` headers and metadata: `Sluice/1.2.3`. */
export const SIGNATURE: string = `${PRODUCT_NAME}/${VERSION}`;
