/**
 * The runtime port: all that Sluice asks of Bun, Deno or Node. One adapter file per runtime fulfils
 * it, and test/runtime/ holds the contract that each of them is tested against. docs/runtimes.md
 * says where a runtime falls short.
 *
 * Faults of the machine (port in use, no such file) are thrown as SystemError with the system's
 * code; a peer that cannot be reached as ClosedError or TimeoutError.
 *
 * @module
 */

import type { CertificateFacts } from "../base/certificate-facts.ts";
import type { Clock } from "../base/clock.ts";
import type { MemoryUse, ResourceUse } from "../base/resource-use.ts";
import type { ServiceProcess } from "./service-process.ts";
import type { Threads } from "./threads.ts";

export type { InheritedSocket, UserIdentity } from "./service-process.ts";
export type { PostMessage, Thread, ThreadHandler, ThreadMain, Threads } from "./threads.ts";

export type RuntimeName = "bun" | "deno" | "node" | "memory";

export interface Runtime {
  readonly name: RuntimeName;
  /** The runtime's own version, such as `1.4.5`. */
  readonly version: string;
  readonly clock: Clock;
  readonly tcp: Tcp;
  readonly udp: Udp;
  readonly files: Files;
  readonly processes: Processes;
  readonly threads: Threads;
  readonly crypto: Crypto;
  readonly host: Host;
}

// TCP and TLS -------------------------------------------------------------------------------------

export interface Tcp {
  /** Whether several processes can listen on one port, each getting its share of the connections. */
  readonly canSharePort: boolean;
  /** Whether a process can accept for its children (`ChildProcess.handOver`). */
  readonly canHandOver: boolean;
  /**
   * Listens. `accept` is called for each connection, for TLS after its handshake, and must set the
   * socket's handler before it returns. A client that does not finish its handshake is dropped.
   *
   * @throws {SystemError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, a fault of the certificate, or
   *   `ENOTSUP` for a role that this runtime cannot play.
   */
  listen(options: TcpListenOptions, accept: (socket: TcpSocket) => void): Promise<TcpListener>;
  /**
   * Connects.
   *
   * @throws {ClosedError} If the peer refuses, cannot be reached, or fails TLS verification.
   * @throws {SystemError} If this machine refuses: `EMFILE`, `EADDRNOTAVAIL`, ...
   * @throws {TimeoutError} If there is no connection, TLS included, after `timeoutMs`.
   */
  connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket>;
  /**
   * Listens on a local socket (AF_UNIX): for processes of this user on this machine. The path of one
   * that a dead process left is taken over. Its name goes with the listener, so put it into a folder
   * that is only yours (`Files.makePrivateFolder`).
   *
   * @throws {SystemError} `EADDRINUSE` if somebody listens or another kind of file is there,
   *   `ENAMETOOLONG` above LOCAL_PATH_SIZE_MAX bytes, `ENOENT`, `EACCES`.
   */
  listenLocal(path: string, accept: (socket: TcpSocket) => void): Promise<LocalListener>;
  /**
   * Connects to such a socket.
   *
   * @throws {ClosedError} If nobody listens.
   * @throws {SystemError} `EACCES`, `EMFILE`, `ENAMETOOLONG`, ...
   * @throws {TimeoutError} If there is no connection after `timeoutMs`.
   */
  connectLocal(path: string, timeoutMs: number, handler: TcpHandler): Promise<TcpSocket>;
}

/** How long the path of a local socket may be: what macOS takes (unix(4)); Linux takes 4 more. */
export const LOCAL_PATH_SIZE_MAX = 103;

/** The address at either end of a local socket; its ports are 0. */
export const LOCAL_ADDRESS = "local";

export interface TcpListenOptions {
  /** An IPv4 or IPv6 address; `::` listens on both families. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Lets several processes listen on the port (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  readonly tls?: TlsIdentity;
  /**
   * Bytes that the kernel may hold for a connection's peer (SO_SNDBUF), capped by `net.core.wmem_max`.
   * Linux takes up to twice as many, and 64 KiB. Absent: as many as it likes, up to some 4 MB
   * (`net.ipv4.tcp_wmem`). Node cannot set it, and does as if it were absent.
   */
  readonly sendBufferSize?: number;
  /**
   * `handOn`: accepts for child processes. What is accepted is not read, and waits for
   * `ChildProcess.handOver`. Without TLS, which is for the child to speak.
   * `take`: opens no port; connections come by `TcpListener.take`, and for TLS the handshake is made.
   */
  readonly role?: "handOn" | "take";
  /**
   * A socket that listens already, of those that this process was started with (`Host.takeInherited`):
   * it is taken in place of a new one, and closed with the listener. `host` and `port` are its own.
   */
  readonly descriptor?: number;
}

/** A certificate chain and its private key, both PEM. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface TcpConnectOptions {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** Present: speak TLS. */
  readonly tls?: TlsConnectOptions;
}

export interface TlsConnectOptions {
  /** The name to verify and to send by SNI. Default: the host connected to. */
  readonly serverName?: string;
  /** PEM of further trusted authorities. */
  readonly authorities?: string;
  /** False accepts any certificate. Default true. */
  readonly isVerified?: boolean;
}

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  /** Replaces the certificate for connections from now on. */
  setTlsIdentity(identity: TlsIdentity): void;
  /** In the role `take`: treats a connection from `Host.onHandedOver` as one accepted here. */
  take(socket: TcpSocket): void;
  /** Stops accepting; open connections live on. Resolves when the port is free. */
  close(): Promise<void>;
}

export interface LocalListener {
  readonly path: string;
  /** Stops accepting and removes the file; open connections live on. */
  close(): Promise<void>;
}

/**
 * What happens on a socket. After `close` nothing more is called, after `end` and `destroy` only
 * `close`. When the peer ends, what it sent is delivered, this side is ended too, and `close` follows:
 * there are no half-open connections. An error that a handler throws is an uncaught one.
 */
export interface TcpHandler {
  /** Bytes arrived. They belong to the receiver: nobody overwrites them. */
  data(bytes: Uint8Array): void;
  /** After a `write` that took less than all: the socket can take more. */
  drain(): void;
  /** The connection is over, for whatever cause; called once. `error` if it broke. */
  close(error?: Error): void;
}

export interface TcpSocket {
  /** Who is told of what happens; may be replaced at any time. */
  handler: TcpHandler;
  /** The peer's address, IPv4-mapped ones as IPv4, or LOCAL_ADDRESS. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly isTls: boolean;
  /**
   * Sends. The bytes must never change afterwards: the runtime may keep a reference.
   *
   * @returns How many bytes were taken. If fewer than all, `drain` follows; go on from there then.
   *   0 on a closed socket, without a drain.
   */
  write(bytes: Uint8Array): number;
  /**
   * Closes after what was written has been sent, and what arrives meanwhile is dropped. `close`
   * follows when the peer has closed too, or after half a minute.
   */
  end(): void;
  /**
   * Closes at once and drops what was not yet sent; a peer without TLS sees a reset, one at a local
   * socket perhaps only the end. The handler's `close` follows, never from within this call.
   */
  destroy(): void;
  /** Stops reading, so that the peer is held back by TCP itself. */
  pause(): void;
  resume(): void;
  /** True: small writes go out at once (TCP_NODELAY). Default true; always so on a local socket. */
  setNoDelay(isOn: boolean): void;
}

// UDP ---------------------------------------------------------------------------------------------

export interface Udp {
  /**
   * Whether several processes can have a port. What comes from one address then comes to one of them:
   * which, the system chooses by the address, or it is the same for all addresses.
   */
  readonly canSharePort: boolean;
  /**
   * Whether `UdpOptions.descriptor` is served itself. Else it is closed here, and the port bound beside
   * whoever has the socket too: what comes is for the one that was bound last.
   */
  readonly canInherit: boolean;
  /** @throws {SystemError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`. */
  bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket>;
}

export interface UdpOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Lets several sockets have the port, where `canSharePort`. Default false. */
  readonly reusePort?: boolean;
  /** Kernel buffer sizes in bytes; the kernel may grant less. */
  readonly receiveBufferSize?: number;
  readonly sendBufferSize?: number;
  /** As `TcpListenOptions.descriptor`: a bound socket to take. */
  readonly descriptor?: number;
}

export interface UdpHandler {
  /** A datagram arrived. The bytes are valid during the call only: copy to keep. */
  datagram(bytes: Uint8Array, address: string, port: number): void;
  /** The socket broke and is closed. */
  error(error: Error): void;
}

export interface UdpSocket {
  readonly host: string;
  readonly port: number;
  /**
   * Sends one datagram; lost without notice if the kernel has no room or no way there. The bytes
   * must never change afterwards: the runtime may keep a reference.
   */
  send(bytes: Uint8Array, address: string, port: number): void;
  /** Several datagrams at a time, in memory that is used again. */
  createBatch(): UdpBatch;
  close(): Promise<void>;
}

/** The largest datagram of a batch, in bytes. More than fits a packet of Ethernet is cut on the way. */
export const BATCHED_DATAGRAM_SIZE_MAX = 2048;

/** Where datagrams of a batch go, as the runtime wants it; made once, by the batch. */
export interface UdpDestination {
  readonly address: string;
  readonly port: number;
}

/**
 * Sends datagrams in as few system calls as the runtime can, and allocates nothing for each: they lie
 * in memory of the batch's own, each in a place that is used again once the datagram has left.
 */
export interface UdpBatch {
  /** Makes a destination for `add`; it may be kept for as long as the batch is. */
  destination(address: string, port: number): UdpDestination;
  /**
   * Adds a copy of a datagram, of at most BATCHED_DATAGRAM_SIZE_MAX bytes. It is sent now or soon, at the
   * latest by `flush`; those to one destination leave in the order in which they were added, and cost
   * least if they are of one size. It is lost without notice if the kernel has no room or no way there.
   */
  add(datagram: Uint8Array, destination: UdpDestination): void;
  /** Sends what has been added. */
  flush(): void;
}

// Files -------------------------------------------------------------------------------------------

/** Paths are the system's own. Every call throws SystemError (`ENOENT`, `EACCES`, `ENOSPC`, ...). */
export interface Files {
  read(path: string): Promise<Uint8Array>;
  readText(path: string): Promise<string>;
  /** Reads at start-up, where nothing else waits. */
  readTextSync(path: string): string;
  /** Creates or replaces. Not atomic: write to another name and rename for that. */
  write(path: string, content: Uint8Array | string): Promise<void>;
  append(path: string, content: Uint8Array | string): Promise<void>;
  /** Replaces `to` in one step on the same file system. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** Removes a folder and all in it. */
  removeAll(path: string): Promise<void>;
  /** Creates the folder and those above it; fine if it exists. */
  makeFolder(path: string): Promise<void>;
  /**
   * Creates a new folder below the system's folder for temporary files, which only this user can
   * enter. Returns its path: `prefix` and six letters that nobody can foresee.
   */
  makePrivateFolder(prefix: string): Promise<string>;
  /** Names in a folder, sorted, without `.` and `..`. */
  list(path: string): Promise<string[]>;
  /** `undefined` if nothing is there. Follows links. */
  stat(path: string): Promise<FileStat | undefined>;
  /**
   * Whether this user can write to the file, or create files in the folder; false if it is not there.
   * In a folder it is tried, with one that is there for a moment.
   */
  isWritable(path: string): Promise<boolean>;
  /** Gives the file, folder or link to another user; for root. A link's target stays whose it is. */
  changeOwner(path: string, userId: number, groupId: number): Promise<void>;
  /**
   * Whether a descriptor is that of the file at the path, and no link has led there but one that root
   * has made: for root, who writes where others may create files.
   */
  isFileAt(path: string, descriptor: number): boolean;
  /** The path with every link resolved. */
  realPath(path: string): Promise<string>;
  /**
   * Opens for reading or writing in pieces.
   *
   * @throws {SystemError} `EEXIST` in the mode `new`, if anything is there.
   */
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /**
   * How many bytes this user may still write to the file system that `path` is on.
   *
   * @throws {SystemError} `ENOENT`; `ENOSYS` where the system does not tell.
   */
  freeSize(path: string): Promise<number>;
  /** Calls back, perhaps several times, after anything in the file or folder changed. */
  watch(path: string, changed: () => void): FileWatch;
}

/**
 * - `read`: what is there.
 * - `write`: creates or replaces.
 * - `new`: creates, and never touches what is there. Can be read too.
 * - `append`: creates, or goes on at the end, wherever that is by then.
 * - `update`: reads and writes what is there; `write` goes on at its end.
 */
export type OpenMode = "read" | "write" | "new" | "append" | "update";

export interface FileStat {
  readonly isFile: boolean;
  readonly isFolder: boolean;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
  /** Who may read, write and execute: the nine bits that chmod(1) sets. */
  readonly permissions: number;
}

export interface OpenFile {
  /** Reads up to `size` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, size: number): Promise<Uint8Array>;
  /** Writes at the end of what has been written. */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes at `offset`, as for an index in front of what is there. Not in append mode. */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>;
  /** Cuts the file off behind `size` bytes; `write` goes on there. Not in append mode. */
  truncate(size: number): Promise<void>;
  /** Waits until the disk has it. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileWatch {
  close(): void;
}

// Processes ---------------------------------------------------------------------------------------

export interface Processes {
  /**
   * Starts a program by its argument list; no shell is involved.
   *
   * @throws {SystemError} `ENOENT` or `EACCES` if it cannot be started.
   */
  spawn(program: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess>;
  /** Whether there is a process of that id, ours or not; also if it is dead and nobody has buried it. */
  isRunning(pid: number): boolean;
  /**
   * Where the ids of processes mean anything: this boot of this machine, this container. Processes that
   * get the same text see the same processes under the same ids. `undefined` if the system does not tell.
   */
  idScope(): string | undefined;
  /**
   * When the process of that id began, in units of the system's own: no two that have had an id in an
   * `idScope` have the same. `undefined` if there is none that lives, or the system does not tell.
   */
  startOf(pid: number): string | undefined;
}

export interface SpawnOptions {
  readonly workingFolder?: string;
  /** The whole environment of the child; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Where what the child prints goes: to a call, or where this process prints. Absent: nowhere. A child
   * that prints tens of megabytes a second to a call is held up.
   */
  readonly output?: OutputHandler | "inherit";
  /** What the child reads: all of it, and then the end. Absent: what `writeInput` gives it. */
  readonly input?: Uint8Array;
  /**
   * It leads a process group of its own: signals reach all that it has started, as long as that stays in
   * the group, and a terminal's Ctrl-C does not.
   */
  readonly isGroup?: boolean;
  /** Connections will be handed over to it; for this program itself. Does nothing on Bun and Deno. */
  readonly isWorker?: boolean;
  /** Sockets that this process was started with, which the child has as well, by the same numbers. */
  readonly descriptors?: readonly number[];
  /**
   * It outlives this process, in a session of its own (setsid(2)), and has no standard input. `output`
   * must be absent.
   */
  readonly isDaemon?: boolean;
}

export type OutputHandler = (bytes: Uint8Array, from: "stdout" | "stderr") => void;

export interface ChildProcess {
  readonly pid: number;
  /** Resolves when the child has ended and its output has been delivered. */
  readonly exited: Promise<ChildExit>;
  /** Sends the signal; does nothing if the child, or all of its group, has ended. */
  kill(signal: SignalName): void;
  /**
   * Writes to the child's standard input; does nothing if that is closed.
   *
   * @throws {SystemError} `ENOBUFS` if the child leaves a mebibyte unread.
   */
  writeInput(bytes: Uint8Array): void;
  closeInput(): void;
  /**
   * Gives a connection, accepted in the role `handOn`, to a child started with `isWorker`, which hears
   * of it by `Host.onHandedOver`. Here nothing is told of it any more. It is reset if the child has
   * ended, or does not take what it is given.
   *
   * @throws {SystemError} `ENOTSUP` where `Tcp.canHandOver` is false.
   */
  handOver(socket: TcpSocket, tag: string): void;
}

/** One of the two is set. */
export interface ChildExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

// Cryptography ------------------------------------------------------------------------------------

export type HashName = "md5" | "sha1" | "sha256";

export type AesMode = "cbc" | "ctr" | "ecb";

export interface Crypto {
  randomBytes(size: number): Uint8Array;
  hash(name: HashName, data: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Compares in a time that does not depend on where the two differ. */
  isEqual(a: Uint8Array, b: Uint8Array): boolean;
  /** AES over a whole message; key of 16, 24 or 32 bytes. CBC pads by PKCS #7, ECB takes whole blocks. */
  encryptAes(mode: AesMode, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** @throws {MalformedError} If the padding is wrong. */
  decryptAes(mode: AesMode, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** Keeps an HMAC key ready: cheaper than `hmac` from the second message on. */
  createHmac(name: HashName, key: Uint8Array): Hmac;
  /** Keeps an AES key ready for blocks; 16, 24 or 32 bytes. */
  createAesEncryptor(key: Uint8Array): AesEncryptor;
  /** Keeps a key ready for AES-GCM; 16, 24 or 32 bytes. */
  createAesGcm(key: Uint8Array): AesGcm;
  /** PBKDF2 with HMAC-SHA1, as SRT derives its keys. */
  deriveKey(password: Uint8Array, salt: Uint8Array, rounds: number, size: number): Uint8Array;
  /** scrypt (RFC 7914), beside everything else: it may take seconds. */
  scrypt(
    password: Uint8Array,
    salt: Uint8Array,
    cost: ScryptCost,
    size: number,
  ): Promise<Uint8Array>;
  /**
   * Verifies a signature with SHA-256: RSASSA-PKCS1-v1_5 by an RSA key, ECDSA by one on P-256, whose
   * signatures are r and s of 32 bytes each. False too if the key is none.
   */
  verify(key: PublicKey, data: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** Makes a key: ECDSA on P-256, or RSA of 2,048 bits, which takes up to a second. */
  createSigningKey(kind: SigningKeyKind): SigningKey;
  /** @throws {SystemError} `EINVAL` if the text is no PEM of a private key of these kinds. */
  readSigningKey(pem: string): SigningKey;
  /**
   * Verifies, at once, what a SigningKey has signed.
   *
   * @param publicKey A SubjectPublicKeyInfo, DER. False too if it is none.
   */
  verifySigned(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
  /**
   * What a server's certificate says.
   *
   * @throws {SystemError} `EINVAL` if one is not PEM, or the key is not the certificate's.
   */
  describeCertificate(identity: TlsIdentity): CertificateFacts;
  /** A new key pair for ECDH on P-256. */
  createKeyAgreement(): KeyAgreement;
}

/** One side of an agreement on a secret (ECDH on P-256). */
export interface KeyAgreement {
  /** The point to tell the other side, uncompressed: 65 bytes. */
  readonly publicKey: Uint8Array;
  /** The secret of 32 bytes; `undefined` if the other side's point is none of the curve. */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

export type SigningKeyKind = "ecdsa" | "rsa";

/** A private key that signs with SHA-256. */
export interface SigningKey {
  readonly kind: SigningKeyKind;
  /** Its public key: a SubjectPublicKeyInfo, DER (RFC 5280, section 4.1.2.7). */
  readonly publicKey: Uint8Array;
  /** Itself: PKCS #8, PEM. A secret. */
  readonly pem: string;
  /** ECDSA: r and s in DER (RFC 3279, section 2.2.3); RSA: RSASSA-PKCS1-v1_5. */
  sign(data: Uint8Array): Uint8Array;
}

export interface Hmac {
  digest(data: Uint8Array): Uint8Array;
}

export interface AesEncryptor {
  /**
   * Encrypts whole blocks of 16 bytes, each by itself (ECB). Of counters this makes the keystream of
   * CTR, at a fraction of what a new cipher costs for each message. Returns new bytes.
   */
  encrypt(blocks: Uint8Array): Uint8Array;
}

/** AES-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of AES_GCM_TAG_SIZE bytes. */
export interface AesGcm {
  /** Returns the encrypted message and behind it the tag. A nonce must never be used twice. */
  seal(nonce: Uint8Array, associatedData: Uint8Array, message: Uint8Array): Uint8Array;
  /** The reverse; `undefined` if anything is not as it was sealed, or too short for a tag. */
  open(nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** Bytes of the tag behind what AES-GCM has sealed. */
export const AES_GCM_TAG_SIZE = 16;

/** Takes 128 * blockSize * 2^logCost bytes of memory. */
export interface ScryptCost {
  /** The binary logarithm of the parameter N. */
  readonly logCost: number;
  /** The parameter r. */
  readonly blockSize: number;
  /** The parameter p. */
  readonly parallelization: number;
}

/** As in a JSON Web Key (RFC 7518, section 6): numbers in base64url, big-endian. */
export type PublicKey =
  | { readonly kty: "RSA"; readonly n: string; readonly e: string }
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string };

// The process itself ------------------------------------------------------------------------------

export type SignalName =
  | "SIGHUP"
  | "SIGINT"
  | "SIGQUIT"
  | "SIGTERM"
  | "SIGKILL"
  | "SIGUSR1"
  | "SIGUSR2";

/** The program's own process and machine. */
export interface Host extends ServiceProcess {
  readonly pid: number;
  /** Of the process that started this one, or of who has it once that is gone. */
  readonly parentPid: number;
  /** Such as `linux`. */
  readonly platform: string;
  /** Such as `x64`. */
  readonly architecture: string;
  /** How many cores this process may use. */
  readonly coreCount: number;
  /** What the user typed behind the program's name. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Starts this program again, with what the user is to have typed behind `args`. */
  readonly program: Program;
  /**
   * Takes a variable out of `environment`, so that it is not passed on to child processes.
   * `undefined` if it is not there.
   */
  takeVariable(name: string): string | undefined;
  workingFolder(): string;
  /** @throws {SystemError} If the folder cannot be entered. */
  changeFolder(path: string): void;
  /**
   * Calls `handler` instead of the signal's default action.
   *
   * @throws {SystemError} `EINVAL` for SIGKILL.
   */
  onSignal(signal: SignalName, handler: () => void): void;
  /** Called with an error that nobody caught; without a handler the process would end. */
  onUncaught(handler: (error: unknown) => void): void;
  /**
   * In a child started with `isWorker`: called with each connection that the parent hands over, not
   * yet read from. Give it to a listener's `take`, or destroy it.
   *
   * @throws {SystemError} `ENOTSUP` where `Tcp.canHandOver` is false, or in any other process.
   */
  onHandedOver(handler: (socket: TcpSocket, tag: string) => void): void;
  /** Writes to standard output or error at once. */
  print(text: string, to?: "stdout" | "stderr"): void;
  isTerminal(): boolean;
  /** Ends the process at once. */
  exit(code: number): never;
  memory(): MemoryUse;
  /** Processor time of this process since its start, in milliseconds. */
  cpuMs(): { readonly user: number; readonly system: number };
  /** What getrusage(2) tells of this process; `undefined` where the runtime does not. */
  resourceUse(): ResourceUse | undefined;
  /** How many file descriptors this process has open; `undefined` where the system does not tell. */
  openFiles(): number | undefined;
  /** How many timers of the runtime's clock are set: neither fired nor cancelled. */
  pendingTimers(): number;
  /** Addresses of this machine's interfaces, loopback excluded. */
  addresses(): readonly HostAddress[];
  /** The addresses of a host name, as the system has them; none if there are none. */
  resolve(name: string): Promise<readonly string[]>;
}

/** A program to start, and the arguments that come first. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
}

export interface HostAddress {
  readonly interfaceName: string;
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
}
