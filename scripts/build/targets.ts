/**
 * The machines that Sluice is compiled for, and the package of npm that has Bun for each.
 *
 * @module
 */

export interface Target {
  /** As in the names of released files. */
  readonly name: string;
  /** As `bun build --target` has it. */
  readonly bunTarget: string;
  /** As in `@oven/bun-linux-x64`. */
  readonly runtime: string;
}

/**
 * Since Bun 1.4 there is one runtime for all 64-bit processors of Intel and AMD, which asks the
 * processor what it can do: the programs for "x64" and "x64-baseline" are the same.
 */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", bunTarget: "bun-linux-x64", runtime: "bun-linux-x64" },
  { name: "linux-x64-baseline", bunTarget: "bun-linux-x64-baseline", runtime: "bun-linux-x64" },
  { name: "linux-x64-musl", bunTarget: "bun-linux-x64-musl", runtime: "bun-linux-x64-musl" },
  { name: "linux-arm64", bunTarget: "bun-linux-arm64", runtime: "bun-linux-aarch64" },
  {
    name: "linux-arm64-musl",
    bunTarget: "bun-linux-arm64-musl",
    runtime: "bun-linux-aarch64-musl",
  },
];

/** @throws {Error} If there is none of that name. */
export function findTarget(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target !== undefined) return target;
  const names = TARGETS.map((one) => one.name).join(", ");
  throw new Error(`Cannot build for "${name}": there are ${names}`);
}
