/**
 * Values of settings, as a program writes them.
 *
 * @module
 */

/** One of them, or a list. */
export type OneOrMore<Value> = Value | readonly Value[];

/**
 * Where to listen: a port, or a text such as `"127.0.0.1:1935"`, `"[::1]:1935"`. Port 0: the system
 * chooses one.
 */
export type EndpointInput = number | string;

/** Such as `"play all"` or `"publish 10.0.0.0/8"`. */
export type RuleInput = `${"publish" | "play"} ${string}`;
