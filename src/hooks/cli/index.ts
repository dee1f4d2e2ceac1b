import { defineHook } from '../../define.ts';
import { collectionsCommand } from './collections.ts';
import { doctorCommand } from './doctor.ts';
import { membersCommands } from './members.ts';
import { tenantsCommand } from './tenants.ts';
import type { Command } from './command.ts';

/** Adds `tenancy` to Directus' own program: what super-admins do over HTTP, for scripts on the machine of the project. */
export default defineHook(({ init }, context) => {
  init('cli.after', ({ program }) => {
    const group = (program as Command)
      .command('tenancy')
      .description('Tenants of this project (directus-extension-tenancy)');

    doctorCommand(group, context);
    collectionsCommand(group, context);
    tenantsCommand(group, context);
    membersCommands(group, context);
  });
});
