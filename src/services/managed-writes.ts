import { CallContext } from './call-context.ts';

const managedWrites = new CallContext<true>();

/** Runs `work` as the bundle's own service, which alone may write tenants and memberships. */
export function asManagedWrite<Result>(work: () => Promise<Result>): Promise<Result> {
  return managedWrites.run(true, work);
}

/** Whether the code that is running was called through {@link asManagedWrite}. */
export function isManagedWrite(): boolean {
  return managedWrites.get() === true;
}
