/**
 * What a backend's answer means.
 *
 * @module
 */

/**
 * Why a callback did not succeed.
 *
 * - `refused`: the backend has understood, and says no.
 * - `wrong`: it has answered something that is neither yes nor no.
 * - `unsettled`: it took too long, broke off, or says that it has failed: once more, it may go well.
 * - `unreachable`: there is no connection to it.
 */
export type HookFault = "refused" | "wrong" | "unsettled" | "unreachable";

export class HookError extends Error {
  override readonly name = "HookError";
  readonly fault: HookFault;

  constructor(fault: HookFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/**
 * Takes an answer for a yes as SRS does: 200 or 201, with the body `0`, or a JSON object whose `code`
 * is the number 0.
 *
 * @returns The object's fields.
 * @throws {HookError} If it is not.
 */
export function readHookAnswer(status: number, body: string): Readonly<Record<string, unknown>> {
  if (status >= 500) throw new HookError("unsettled", `The status is ${status}`);
  if (status !== 200 && status !== 201) throw new HookError("wrong", `The status is ${status}`);
  if (body === "0") return {};
  const value = parse(body);
  if (!isObject(value)) throw new HookError("wrong", "The body is neither 0 nor a JSON object");
  const { code } = value;
  if (code === 0) return value;
  if (Number.isInteger(code)) throw new HookError("refused", `The code is ${String(code)}`);
  throw new HookError("wrong", "The body has no integer code");
}

/** The destinations in the answer to on_forward: `{"code":0,"data":{"urls":[...]}}`. */
export function readForwardUrls(answer: Readonly<Record<string, unknown>>): readonly string[] {
  const { data } = answer;
  const urls = isObject(data) ? data["urls"] : undefined;
  if (!Array.isArray(urls)) return [];
  return urls.filter((url) => typeof url === "string");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // As any other answer that is none.
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
