/**
 * What TLS clients trust.
 *
 * @module
 */

import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

/** Contexts kept, each with some 150 parsed certificates: a configuration names a few authorities. */
const CONTEXT_COUNT_MAX = 8;

/** One context for all connections that trust the same authorities: to build one takes 10 ms. */
export class TlsContexts {
  #contexts = new Map<string, SecureContext>();

  /** The context that trusts the usual authorities and those in `authorities`, PEM. */
  trusting(authorities: string): SecureContext {
    const known = this.#contexts.get(authorities);
    if (known !== undefined) return known;
    const context = createSecureContext({ ca: [...rootCertificates, authorities] });
    if (this.#contexts.size >= CONTEXT_COUNT_MAX) this.#contexts.clear();
    this.#contexts.set(authorities, context);
    return context;
  }
}
