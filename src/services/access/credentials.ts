/**
 * What somebody shows to be let in: in the query of a stream's URL, or in the field `Authorization`.
 *
 * ```text
 * ?expires=1767229200&sign=...      a signed URL
 * ?token=...                        a JSON Web Token      Authorization: Bearer ...
 * ?user=...&password=...            name and password     Authorization: Basic ...
 * ```
 *
 * @module
 */

import { decodeBase64 } from "../../base/base64.ts";

export type Credentials =
  | { readonly kind: "signature"; readonly parameters: URLSearchParams }
  | { readonly kind: "token"; readonly token: string }
  | ({ readonly kind: "password" } & NameAndPassword);

export interface NameAndPassword {
  readonly name: string;
  readonly password: string;
}

const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i;

const TEXT_DECODER = new TextDecoder();

/** Of several only the first is looked at, in the order above. `undefined` if there are none. */
export function findCredentials(
  param: string,
  authorization: string | undefined,
): Credentials | undefined {
  // Queries of RTMP begin with `?` or `#`, and may be two in a row.
  const parameters = new URLSearchParams(param.replace(/[?#]/g, "&"));
  if (parameters.has("sign")) return { kind: "signature", parameters };
  const token = parameters.get("token") ?? BEARER.exec(authorization ?? "")?.[1];
  if (token !== undefined) return { kind: "token", token };
  const name = parameters.get("user");
  if (name !== null) return { kind: "password", name, password: parameters.get("password") ?? "" };
  const basic = decodeBasic(authorization);
  return basic && { kind: "password", ...basic };
}

/** Spec: RFC 7617, section 2. */
export function decodeBasic(authorization: string | undefined): NameAndPassword | undefined {
  const encoded = BASIC.exec(authorization ?? "")?.[1];
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (bytes === undefined) return undefined;
  const text = TEXT_DECODER.decode(bytes);
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
