import { defineHook } from '../../define.ts';
import { removeInterruptedCopies } from '../../services/cloning/index.ts';
import { meetActionEmitter } from '../../services/events.ts';
import { processState, runtime } from '../../runtime.ts';
import { LICENCE_NOTICE } from '../rules/licence.ts';
import { install, reasonOf } from './install.ts';
import { hideOwnTables } from './own-tables.ts';

/** Installs what the bundle needs before Directus starts to listen, and opens the gate when all is in place. */
export default defineHook(({ action, init }, context) => {
  const { env, logger } = context;
  // At once, for what Directus knows of the schema it keeps.
  hideOwnTables(env);
  meetActionEmitter({ action });

  const start = async (): Promise<void> => {
    try {
      await install(context);
    } catch (error) {
      runtime.closed =
        `The tenancy extension could not be installed, so the project answers nothing rather than too much. ` +
        `${reasonOf(error)} Mend the cause (the log has the details), then restart Directus.`;

      logger.error(error, runtime.closed);
      return;
    }

    if (runtime.licensed === false) logger.warn(LICENCE_NOTICE);
    runtime.closed = null;

    // Nobody waits for a storage that may be far away.
    void removeInterruptedCopies(context);
  };

  const state = processState();

  // Awaited by Directus, unlike this function: nothing is served before the installation has ended.
  init('app.before', async () => {
    state.appCreated = true;
    await start();
  });

  // After a reload of the extensions the app is there already and no init event comes.
  if (state.appCreated) void start();
});
