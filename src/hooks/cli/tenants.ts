import { parse } from '../../endpoints/tenancy/http.ts';
import { provisionLines, type LineResult } from '../../endpoints/tenancy/import.ts';
import { parseNewTenant } from '../../endpoints/tenancy/new-tenant.ts';
import { tenantChanges } from '../../endpoints/tenancy/tenants.ts';
import { readAudit } from '../../services/audit.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { eraseTenant, type ErasureProgress } from '../../services/erasure/index.ts';
import { LIFECYCLE, setStatus } from '../../services/lifecycle.ts';
import { deliverInvitation } from '../../services/members.ts';
import { provisionTenant } from '../../services/provisioning.ts';
import { findTenantId, listTenants, readTenant, updateTenant } from '../../services/tenants.ts';
import { progressBar } from '../../tenancy/collections-text.ts';
import { auditAsText, erasureAsText, tenantsAsText } from '../../tenancy/tenants-text.ts';
import { asJson, CommandError, done, passwordFromInput, RefusedCommand, runCommand, type Command } from './command.ts';

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

/** How many entries of an audit trail are printed. */
const NEWEST = 1000;

/** `directus tenancy tenants`: what `/tenancy/tenants` does over HTTP. */
export function tenantsCommand(group: Command, context: ServiceContext): void {
  const tenants = group.command('tenants').description('The tenants of this project');

  tenants
    .command('list')
    .description('List every tenant with its members, rows and storage')
    .option(...asJson())
    .action(async ({ json }: Options) =>
      runCommand(context, async () => {
        const { data } = await listTenants(context, { sort: { field: 'name', descending: false }, limit: -1, page: 1 });
        return done(json, data, tenantsAsText(data));
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
    .option(...asJson('the tenant'))
    .action(async (given: Options) =>
      runCommand(context, async () => {
        const { name, slug, template, json } = given;
        const input = parseNewTenant({ name, slug, template, owner: await ownerOf(given) });
        const tenant = await provisionTenant(context, input, null, deliverInvitation);

        return done(json, tenant, `Created "${tenant.name}": ${tenant.slug} (${tenant.id}).`);
      }),
    );

  tenants
    .command('import')
    .description('Create a tenant for each line of NDJSON on standard input, and print what became of each line')
    .option('--key <key>', 'lines that were done under this key are not done again')
    .action(async ({ key = null }: { key?: string | null }) =>
      runCommand(context, async () => {
        const results: LineResult[] = [];
        for await (const result of provisionLines(context, process.stdin, key, deliverInvitation)) results.push(result);

        return {
          output: results.map((result) => JSON.stringify(result)).join('\n'),
          exitCode: results.every((result) => 'data' in result) ? 0 : 1,
        };
      }),
    );

  tenants
    .command('update <tenant>')
    .description('Change the name or the slug of a tenant')
    .option('--name <name>', 'its new name')
    .option('--slug <slug>', 'its new slug')
    .option(...asJson('the tenant'))
    .action(async (named: string, { name, slug, json }: Options) =>
      runCommand(context, async () => {
        if (name === undefined && slug === undefined) throw new CommandError('Say what to change: --name or --slug.');
        const changes = parse(tenantChanges, { name, slug });
        const tenant = await updateTenant(context, await findTenantId(context.database, named), changes);
        return done(json, tenant, `"${tenant.name}" (${tenant.slug}) is changed.`);
      }),
    );

  tenants
    .command('audit <tenant>')
    .description('Print what was done in and to a tenant, and what its members tried, the newest first')
    .option(...asJson())
    .action(async (named: string, { json }: Options) =>
      runCommand(context, async () => {
        const tenant = await findTenantId(context.database, named);
        const { data } = await readAudit(context, tenant, { limit: NEWEST, page: 1 });
        return done(json, data, auditAsText(data));
      }),
    );

  for (const [action, { status, description }] of Object.entries(ACTIONS)) {
    tenants
      .command(`${action} <tenant>`)
      .description(description)
      .option(...asJson('the tenant'))
      .action(async (named: string, { json }: Options) =>
        runCommand(context, async () => {
          const tenant = await setStatus(context, await findTenantId(context.database, named), status);
          return done(json, tenant, `"${tenant.name}" (${tenant.slug}) is ${tenant.status}.`);
        }),
      );
  }

  tenants
    .command('erase <tenant>')
    .description('Erase a tenant with everything that it has, for good')
    .option('--confirm <slug>', 'the slug of the tenant, as a sign that it is meant')
    .option(...asJson('what was erased'))
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
        return done(json, erasure, erasureAsText(erasure));
      }),
    );
}

const ACTIONS = {
  suspend: { status: LIFECYCLE.suspend, description: 'Suspend a tenant: nobody acts in it' },
  resume: { status: LIFECYCLE.resume, description: 'Open a tenant that was suspended or archived' },
  archive: { status: LIFECYCLE.archive, description: 'Archive a tenant: its owners may read, and nobody writes' },
} as const;

/** The owner whom the options describe. */
async function ownerOf({ ownerEmail, ownerPasswordStdin, invite }: Options): Promise<object | undefined> {
  if (ownerEmail === undefined) {
    if (ownerPasswordStdin || invite) throw new CommandError('Name the owner with --owner-email <address>.');
    return undefined;
  }

  if (Boolean(ownerPasswordStdin) === Boolean(invite)) {
    throw new CommandError('Choose one of --owner-password-stdin and --invite for the owner.');
  }

  if (invite) return { email: ownerEmail, invite: true };
  return { email: ownerEmail, password: await passwordFromInput() };
}

/** Draws how far it is on standard error, for people only: a pipe gets nothing but the result. */
function drawer(): ((progress: ErasureProgress) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return ({ collection, erased, of }) =>
    process.stderr.write(`\r${progressBar(erased, of)} of ${collection}${erased >= of ? '\n' : ''}`);
}
