/**
 * Goal: every port that the server opens gets the send buffer of the configuration, and none if that
 * says 0, so that stalled viewers hold as much kernel memory as the operator chose.
 *
 * Method: a listener that writes down what it is asked for.
 */

import { describe, expect, test } from "vitest";
import { limitSendBuffer } from "../../src/app/send-buffer.ts";
import type { Tcp, TcpListenOptions } from "../../src/runtime/runtime.ts";

class AskedTcp implements Pick<Tcp, "listen"> {
  readonly asked: TcpListenOptions[] = [];

  listen(options: TcpListenOptions): Promise<never> {
    this.asked.push(options);
    return Promise.reject(new Error("only asked"));
  }
}

async function ask(size: number, options: TcpListenOptions): Promise<TcpListenOptions | undefined> {
  const tcp = new AskedTcp();
  const listening = limitSendBuffer(tcp, size).listen(options, () => undefined);
  await expect(listening).rejects.toThrow("only asked");
  return tcp.asked[0];
}

describe("limitSendBuffer()", () => {
  test("asks for a buffer of that size, and for all else as before", async () => {
    const options = { host: "::", port: 1935, reusePort: true };
    expect(await ask(65_536, options)).toEqual({ ...options, sendBufferSize: 65_536 });
  });

  test("leaves it to the kernel for 0", async () => {
    const options = { host: "::", port: 1935 };
    expect(await ask(0, options)).toEqual(options);
  });
});
