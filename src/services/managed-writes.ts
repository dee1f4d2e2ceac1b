import { AsyncLocalStorage } from 'node:async_hooks';

const managedWrites = new AsyncLocalStorage<true>();

/** Runs `work` as the bundle's own service, which alone may write tenants and memberships. */
export function asManagedWrite<Result>(work: () => Promise<Result>): Promise<Result> {
  return managedWrites.run(true, work);
}

/** Whether the code that is running was called through {@link asManagedWrite}. */
export function isManagedWrite(): boolean {
  return managedWrites.getStore() === true;
}
