import { setTimeout as wait } from 'node:timers/promises';
import type { ActionEventParams, MutationOptions, RegisterFunctions } from '@directus/types';
import { processState, type ActionEmitter } from '../runtime.ts';
import type { TenancyEvent } from './audit.ts';
import type { ServiceContext } from './directus.ts';
import { asManagedWrite } from './managed-writes.ts';

/**
 * Learns by what Directus tells its actions. The emitter that it gives to extensions is one that only they share, and neither
 * `action(…)` nor a flow listens there; but it calls whoever does listen as a method of its own emitter. The event comes when
 * all extensions are loaded, in front of the first request and of the first command.
 */
export function meetActionEmitter({ action }: Pick<RegisterFunctions, 'action'>): void {
  action('extensions.load', function (this: unknown) {
    if (isActionEmitter(this)) processState().actions = this;
  });
}

function isActionEmitter(candidate: unknown): candidate is ActionEmitter {
  return typeof (candidate as Partial<ActionEmitter> | null | undefined)?.emitAsync === 'function';
}

/** Actions that Directus' services would tell while a transaction goes on. */
export interface HeldActions {
  /** Makes a service leave to {@link release} what it would tell. */
  options: MutationOptions;
  /** Tells it, as Directus would have: for when the transaction is committed. Where it is not, nobody hears of it. */
  release(): Promise<void>;
}

/**
 * Holds back what services tell of the bundle's own writes: whoever listens meets the rows then, however long the transaction goes
 * on, and hears of none that came to nothing.
 */
export function holdActions(logging: Pick<ServiceContext, 'logger'>): HeldActions {
  const { actions } = processState();
  // Directus has not told anything yet, and nobody knows by what it does.
  if (!actions) return { options: {}, release: () => Promise.resolve() };

  const held: ActionEventParams[] = [];

  return {
    options: { bypassEmitAction: (action) => held.push(action) },
    release: () =>
      asManagedWrite(() => {
        for (const { event: events, meta, context } of held) {
          for (const event of [events].flat()) {
            void inform(logging, event, () => actions.emitAsync(event, { event, ...meta }, context));
          }
        }

        return Promise.resolve();
      }),
  };
}

/** Who has been told of something and is still busy with it. */
const listening = new Set<Promise<void>>();

/**
 * Tells flows and other extensions of something that was done, as Directus tells of what it does: nobody waits for them, and
 * what goes wrong with them is logged and takes nothing back.
 */
export async function tellOthers(
  context: ServiceContext,
  { action, tenant, details = {} }: TenancyEvent,
): Promise<void> {
  const { database, emitter, actor } = context;
  const event = `tenancy.${action}`;
  const meta = { tenant, ...details };
  const eventContext = { database, schema: await context.getSchema(), accountability: actor ?? null };

  const told = inform(context, event, () => processState().actions?.emitAsync(event, { event, ...meta }, eventContext));

  listening.add(told);
  void told.then(() => listening.delete(told));

  // Whoever listens here throws in our face, unlike there.
  await inform(context, event, () => emitter.emitAction(event, { ...meta }, eventContext));
}

async function inform({ logger }: Pick<ServiceContext, 'logger'>, event: string, tell: () => unknown): Promise<void> {
  try {
    await tell();
  } catch (error) {
    logger.warn(error, `Tenancy: somebody who listens to "${event}" has failed.`);
  }
}

/** Milliseconds for which a command stays for those who listen to what it did. */
const PATIENCE = 10_000;

/** Resolves when everybody who was told of something is done with it, or has had the time: for a process that ends then. */
export async function othersAreDone(): Promise<void> {
  const patience = new AbortController();
  const timeout = wait(PATIENCE, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([Promise.all(listening), timeout]);
  patience.abort();
}
