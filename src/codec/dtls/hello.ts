/**
 * The messages that open a handshake.
 *
 * Spec: RFC 5246, sections 7.4.1.2 and 7.4.1.3; RFC 6347, section 4.2.1 (cookies).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { type HelloExtensions, readExtensions, writeExtensions } from "./extension.ts";
import { DTLS_VERSION_1_0, DTLS_VERSION_1_2 } from "./record.ts";

export const RANDOM_SIZE = 32;

const NO_COMPRESSION = 0;

export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cookie: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly extensions: HelloExtensions;
}

export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly extensions: HelloExtensions;
}

/** @throws {MalformedError} */
export function parseClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body);
  const version = reader.readUint16();
  const random = reader.readBytes(RANDOM_SIZE);
  const sessionId = reader.readBytes(reader.readUint8());
  const cookie = reader.readBytes(reader.readUint8());
  const suites = new ByteReader(reader.readBytes(reader.readUint16()));
  const cipherSuites: number[] = [];
  while (suites.remaining > 0) cipherSuites.push(suites.readUint16());
  reader.skip(reader.readUint8()); // Compression methods: none is among them, and taken.
  const extensions = readExtensions(reader);
  return { version, random, sessionId, cookie, cipherSuites, extensions };
}

export function encodeClientHello(hello: Omit<ClientHello, "version">): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint16(DTLS_VERSION_1_2);
  writer.writeBytes(hello.random);
  writeShort(writer, hello.sessionId);
  writeShort(writer, hello.cookie);
  writer.writeUint16(2 * hello.cipherSuites.length);
  for (const suite of hello.cipherSuites) writer.writeUint16(suite);
  writeShort(writer, new Uint8Array([NO_COMPRESSION]));
  writeExtensions(writer, hello.extensions);
  return writer.take();
}

/** @throws {MalformedError} */
export function parseServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body);
  const version = reader.readUint16();
  const random = reader.readBytes(RANDOM_SIZE);
  const sessionId = reader.readBytes(reader.readUint8());
  const cipherSuite = reader.readUint16();
  reader.skip(1); // The compression method.
  return { version, random, sessionId, cipherSuite, extensions: readExtensions(reader) };
}

export function encodeServerHello(hello: Omit<ServerHello, "version">): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint16(DTLS_VERSION_1_2);
  writer.writeBytes(hello.random);
  writeShort(writer, hello.sessionId);
  writer.writeUint16(hello.cipherSuite);
  writer.writeUint8(NO_COMPRESSION);
  writeExtensions(writer, hello.extensions);
  return writer.take();
}

/** @returns The cookie. @throws {MalformedError} */
export function parseHelloVerifyRequest(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  reader.skip(2); // A version, of no meaning.
  return reader.readBytes(reader.readUint8());
}

export function encodeHelloVerifyRequest(cookie: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint16(DTLS_VERSION_1_0);
  writeShort(writer, cookie);
  return writer.take();
}

function writeShort(writer: ByteWriter, bytes: Uint8Array): void {
  writer.writeUint8(bytes.length);
  writer.writeBytes(bytes);
}
