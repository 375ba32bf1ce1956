/**
 * The part of the runtime port that is about threads.
 *
 * @module
 */

export interface Threads {
  /**
   * Starts a thread, which runs one of the program's thread modules. What keeps it from starting is
   * told by `fail`.
   *
   * @param name Which of them; the program has told the adapter where they are.
   */
  start(name: string, handler: ThreadHandler): Thread;
}

/** A thread as seen by who has started it. */
export interface Thread {
  /**
   * Sends a copy (HTML, structured clone). What is in `transfer` is not copied: it is of size 0 here
   * afterwards. Does nothing once the thread is over.
   */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Ends it at once, whatever it does. Resolves when it is over. Nobody is told anything from now on. */
  end(): Promise<void>;
}

export interface ThreadHandler {
  /** The thread has posted something; in the order in which it did. */
  message(message: unknown): void;
  /** It is over by a fault of its own; called once, and nothing after it. The process goes on. */
  fail(error: Error): void;
}

/**
 * What a thread module does: told how to post messages to who started it, says what is to be done
 * with one that comes. They come one after another: the next when that is done. What it throws, at
 * once or by a promise, ends the thread.
 */
export type ThreadMain = (post: PostMessage) => (message: unknown) => void | Promise<void>;

/** As `Thread.post`. */
export type PostMessage = (message: unknown, transfer?: readonly ArrayBuffer[]) => void;
