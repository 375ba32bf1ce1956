// The part of Deno's own API that src/runtime/ uses. Everything else there goes through node:*.

declare namespace Deno {
  const version: { readonly deno: string };

  interface NetAddr {
    readonly transport: "udp";
    readonly hostname: string;
    readonly port: number;
  }

  interface DatagramConn {
    readonly addr: NetAddr;
    receive(buffer?: Uint8Array): Promise<[Uint8Array, NetAddr]>;
    send(bytes: Uint8Array, to: NetAddr): Promise<number>;
    close(): void;
  }

  /** Present with `--unstable-net`. */
  const listenDatagram:
    | ((options: {
        transport: "udp";
        hostname: string;
        port: number;
        reuseAddress?: boolean;
      }) => DatagramConn)
    | undefined;

  /** Where memory is: it stays there as long as something refers to it. */
  const UnsafePointer: {
    of(memory: Uint8Array): object | null;
    value(pointer: object | null): number | bigint;
  };

  /** Loads a library and binds its functions, by their names. */
  function dlopen(
    path: string,
    symbols: Readonly<
      Record<string, { readonly parameters: readonly string[]; readonly result: string }>
    >,
  ): { readonly symbols: Readonly<Record<string, unknown>> };
}
