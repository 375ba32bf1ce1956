/** What scripts/build calls of the package, which has no types of its own. */

declare module "postject" {
  export function inject(
    file: string,
    resourceName: string,
    resource: Uint8Array,
    options: { readonly sentinelFuse: string },
  ): Promise<void>;
}
