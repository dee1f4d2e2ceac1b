import { text } from 'node:stream/consumers';
import { parseNewTenant } from '../../endpoints/tenancy/new-tenant.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { eraseTenant, type ErasureProgress } from '../../services/erasure/index.ts';
import { LIFECYCLE, setStatus } from '../../services/lifecycle.ts';
import { deliverInvitation } from '../../services/members.ts';
import { findTenantId, listTenants, provisionTenant, readTenant } from '../../services/tenants.ts';
import { progressBar } from '../../tenancy/collections-text.ts';
import { erasureAsText, tenantsAsText } from '../../tenancy/tenants-text.ts';
import { CommandError, RefusedCommand, runCommand, type Command } from './command.ts';

interface Options {
  name?: string;
  slug?: string;
  template?: string;
  ownerEmail?: string;
  ownerPasswordStdin?: boolean;
  invite?: boolean;
  confirm?: string;
  json?: boolean;
}

/** `directus tenancy tenants`: what `/tenancy/tenants` does over HTTP. */
export function tenantsCommand(group: Command, context: ServiceContext): void {
  const tenants = group.command('tenants').description('The tenants of this project');

  tenants
    .command('list')
    .description('List every tenant with its members, rows and storage')
    .option('--json', 'print JSON, in one line')
    .action(async ({ json }: Options) =>
      runCommand(context, async () => {
        const { data } = await listTenants(context, { sort: { field: 'name', descending: false }, limit: -1, page: 1 });
        return { output: json ? JSON.stringify(data) : tenantsAsText(data), exitCode: 0 };
      }),
    );

  tenants
    .command('create')
    .description('Create a tenant, with its owner where one is named')
    .option('--name <name>', 'the name of the tenant')
    .option('--slug <slug>', 'its slug; that of the name where it is left out')
    .option('--template <tenant>', 'id or slug of a tenant whose content it begins with')
    .option('--owner-email <address>', 'the e-mail address of its owner, a new user of the project')
    .option('--owner-password-stdin', 'read the password of the owner from standard input')
    .option('--invite', 'send the owner an invitation, with which the owner chooses a password')
    .option('--json', 'print the tenant as JSON, in one line')
    .action(async (given: Options) =>
      runCommand(context, async () => {
        const { name, slug, template, json } = given;
        const input = parseNewTenant({ name, slug, template, owner: await ownerOf(given) });
        const tenant = await provisionTenant(context, input, null, deliverInvitation);

        return {
          output: json ? JSON.stringify(tenant) : `Created "${tenant.name}": ${tenant.slug} (${tenant.id}).`,
          exitCode: 0,
        };
      }),
    );

  for (const [action, { status, description }] of Object.entries(ACTIONS)) {
    tenants
      .command(`${action} <tenant>`)
      .description(description)
      .option('--json', 'print the tenant as JSON, in one line')
      .action(async (named: string, { json }: Options) =>
        runCommand(context, async () => {
          const tenant = await setStatus(context, await findTenantId(context.database, named), status);
          return {
            output: json ? JSON.stringify(tenant) : `"${tenant.name}" (${tenant.slug}) is ${tenant.status}.`,
            exitCode: 0,
          };
        }),
      );
  }

  tenants
    .command('erase <tenant>')
    .description('Erase a tenant with everything that it has, for good')
    .option('--confirm <slug>', 'the slug of the tenant, as a sign that it is meant')
    .option('--json', 'print what was erased as JSON, in one line')
    .action(async (named: string, { confirm, json }: Options) =>
      runCommand(context, async () => {
        const id = await findTenantId(context.database, named);
        const { slug } = await readTenant(context, id);

        if (confirm !== slug) {
          throw new RefusedCommand(
            `Nothing was changed. To erase the tenant with everything that it has, add --confirm ${slug}`,
          );
        }

        const erasure = await eraseTenant(context, id, { confirm, progress: drawer() });
        return { output: json ? JSON.stringify(erasure) : erasureAsText(erasure), exitCode: 0 };
      }),
    );
}

const ACTIONS = {
  suspend: { status: LIFECYCLE.suspend, description: 'Suspend a tenant: nobody acts in it' },
  resume: { status: LIFECYCLE.resume, description: 'Open a tenant that was suspended or archived' },
  archive: { status: LIFECYCLE.archive, description: 'Archive a tenant: its owners may read, and nobody writes' },
} as const;

/** The owner whom the options describe. A password never stands on the command line, which others can see. */
async function ownerOf({ ownerEmail, ownerPasswordStdin, invite }: Options): Promise<object | undefined> {
  if (ownerEmail === undefined) {
    if (ownerPasswordStdin || invite) throw new CommandError('Name the owner with --owner-email <address>.');
    return undefined;
  }

  if (Boolean(ownerPasswordStdin) === Boolean(invite)) {
    throw new CommandError('Choose one of --owner-password-stdin and --invite for the owner.');
  }

  if (invite) return { email: ownerEmail, invite: true };
  return { email: ownerEmail, password: (await text(process.stdin)).replace(/\r?\n$/, '') };
}

/** Draws how far it is on standard error, for people only: a pipe gets nothing but the result. */
function drawer(): ((progress: ErasureProgress) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return ({ collection, erased, of }) =>
    process.stderr.write(`\r${progressBar(erased, of)} of ${collection}${erased >= of ? '\n' : ''}`);
}
