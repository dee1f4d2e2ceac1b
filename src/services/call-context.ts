import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';

/**
 * What code knows for as long as it works for somebody, however deep it is called. It is taken down whenever nobody works that
 * way: Node before 24 keeps it by hooks on every promise of the process, which would slow down all requests by a twentieth.
 */
export class CallContext<Value> {
  readonly #storage = new AsyncLocalStorage<Value>();
  #users = 0;

  /** What the code that is running was told; `undefined` when it is not called through {@link run} or {@link answer}. */
  get(): Value | undefined {
    return this.#storage.getStore();
  }

  /** Runs work that knows the value until it has ended. */
  async run<Result>(value: Value, work: () => Promise<Result>): Promise<Result> {
    this.#users += 1;

    try {
      return await this.#storage.run(value, work);
    } finally {
      this.#leave();
    }
  }

  /** Runs what answers a request, and knows the value until the answer is out or given up. */
  answer(value: Value, response: ServerResponse, work: () => void): void {
    // Whoever asked has gone: nobody would tell that it is over.
    if (response.destroyed) return work();

    this.#users += 1;
    response.once('close', () => this.#leave());
    this.#storage.run(value, work);
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#storage.disable();
  }
}
