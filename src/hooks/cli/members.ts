import { parseMember } from '../../endpoints/tenancy/members.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '../../services/api-tokens.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { listLevels, setAssignable } from '../../services/levels.ts';
import {
  addMember,
  adoptRole,
  changeLevel,
  deliverInvitation,
  inviteAgain,
  listMembers,
  removeMember,
} from '../../services/members.ts';
import { transferOwnership } from '../../services/ownership.ts';
import { findTenantId } from '../../services/tenants.ts';
import { levelsAsText, membersAsText, tokensAsText } from '../../tenancy/members-text.ts';
import { counted } from '../../tenancy/doctor/report.ts';
import type { TenantMember } from '../../tenancy/types.ts';
import { asJson, CommandError, done, passwordFromInput, runCommand, type Command } from './command.ts';

interface Options {
  level?: string;
  invite?: boolean;
  passwordStdin?: boolean;
  json?: boolean;
}

/** The commands about the people and programs of tenants: what `/tenancy/tenants/:tenant/members` and its neighbours do. */
export function membersCommands(group: Command, context: ServiceContext): void {
  membersCommand(group, context);
  tokensCommand(group, context);
  levelsCommand(group, context);
}

function membersCommand(group: Command, context: ServiceContext): void {
  const members = group.command('members').description('The members of a tenant');
  const { database } = context;

  /** Runs what is done to one member, whom an id or an e-mail address names, and says what came of it. */
  const onMember = (
    named: string,
    address: string,
    json: boolean | undefined,
    work: (tenant: string, member: TenantMember) => Promise<{ data: unknown; said: string }>,
  ): Promise<void> =>
    runCommand(context, async () => {
      const tenant = await findTenantId(database, named);
      const { data, said } = await work(tenant, await memberNamed(context, tenant, address));
      return done(json, data, said);
    });

  members
    .command('list <tenant>')
    .description('List the members of a tenant with their levels')
    .option(...asJson())
    .action(async (named: string, { json }: Options) =>
      runCommand(context, async () => {
        const found = await listMembers(context, await findTenantId(database, named));
        return done(json, found, membersAsText(found));
      }),
    );

  members
    .command('add <tenant> <email>')
    .description('Make somebody a member: a new user, or one that the project has already')
    .option('--level <level>', 'owner, editor, viewer, api, or the id of a policy that is a level of this project')
    .option('--invite', 'send an invitation, with which a new user chooses a password')
    .option('--password-stdin', 'read the password of a new user from standard input')
    .option(...asJson('the member'))
    .action(async (named: string, email: string, { level, invite, passwordStdin, json }: Options) =>
      runCommand(context, async () => {
        if (invite && passwordStdin) throw new CommandError('Choose one of --password-stdin and --invite.');
        const password = passwordStdin ? await passwordFromInput() : undefined;
        const { level: wanted, ...person } = parseMember({ email, level, invite, password });

        const tenant = await findTenantId(database, named);
        const member = await addMember(context, tenant, wanted, person, true, deliverInvitation);
        return done(json, member, `Added ${email} as ${member.level}.`);
      }),
    );

  members
    .command('adopt <tenant> <role>')
    .description('Make all users with a role of the project, by its id, members: its policies become their level')
    .action(async (named: string, role: string) =>
      runCommand(context, async () => {
        const adopted = await adoptRole(context, await findTenantId(database, named), role);
        return { output: `${counted(adopted, 'user')} became members.`, exitCode: 0 };
      }),
    );

  members
    .command('level <tenant> <member> <level>')
    .description('Give a member, named by e-mail address or id, another level')
    .option(...asJson('the member'))
    .action(async (named: string, address: string, level: string, { json }: Options) =>
      onMember(named, address, json, async (tenant, { id }) => {
        const data = await changeLevel(context, tenant, id, level);
        return { data, said: `${address} is ${data.level}.` };
      }),
    );

  members
    .command('invite <tenant> <member>')
    .description('Send the invitation of a member, named by e-mail address or id, once more')
    .option(...asJson('the member'))
    .action(async (named: string, address: string, { json }: Options) =>
      onMember(named, address, json, async (tenant, member) => {
        await inviteAgain(context, tenant, member.id, deliverInvitation);
        return { data: member, said: `${address} is invited again.` };
      }),
    );

  members
    .command('remove <tenant> <member>')
    .description('End the membership of somebody, named by e-mail address or id; the user stays')
    .option(...asJson('the former member'))
    .action(async (named: string, address: string, { json }: Options) =>
      onMember(named, address, json, async (tenant, member) => {
        await removeMember(context, tenant, member.id);
        return { data: member, said: `${address} is a member no more.` };
      }),
    );

  members
    .command('transfer <tenant> <member>')
    .description('Hand the tenant over to a member, named by e-mail address or id')
    .option('--level <level>', 'what the former owner is then (default: editor)')
    .option(...asJson('the new owner'))
    .action(async (named: string, address: string, { level = 'editor', json }: Options) =>
      onMember(named, address, json, async (tenant, { id }) => {
        const data = await transferOwnership(context, tenant, { member: id, level }, null);
        return { data, said: `${address} is the owner.` };
      }),
    );
}

function tokensCommand(group: Command, context: ServiceContext): void {
  const tokens = group.command('tokens').description('The tokens of programs that act in a tenant');
  const { database } = context;

  tokens
    .command('list <tenant>')
    .description('List the tokens of a tenant by name')
    .option(...asJson())
    .action(async (named: string, { json }: Options) =>
      runCommand(context, async () => {
        const found = await listApiTokens(context, await findTenantId(database, named));
        return done(json, found, tokensAsText(found));
      }),
    );

  tokens
    .command('create <tenant> <name>')
    .description('Make a token and print it: it is shown this once')
    .option(...asJson('the token with its id'))
    .action(async (named: string, name: string, { json }: Options) =>
      runCommand(context, async () => {
        const created = await createApiToken(context, await findTenantId(database, named), name);
        return done(json, created, created.token);
      }),
    );

  tokens
    .command('revoke <tenant> <id>')
    .description('End a token, by the id that the list shows')
    .action(async (named: string, id: string) =>
      runCommand(context, async () => {
        await revokeApiToken(context, await findTenantId(database, named), id);
        return { output: 'The token is revoked.', exitCode: 0 };
      }),
    );
}

function levelsCommand(group: Command, context: ServiceContext): void {
  const levels = group.command('levels').description('The levels that members can be given');

  levels
    .command('list')
    .description('List the levels of this project')
    .option(...asJson())
    .action(async ({ json }: Options) =>
      runCommand(context, async () => {
        const found = await listLevels(context);
        return done(json, found, levelsAsText(found));
      }),
    );

  for (const [name, assignable, description, said] of [
    ['add', true, 'Let owners give a policy of the project, by its id, to their members', 'is a level.'],
    ['remove', false, 'Let nobody else be given a policy; who has it keeps it', 'is a level no more.'],
  ] as const) {
    levels
      .command(`${name} <policy>`)
      .description(description)
      .action(async (policy: string) =>
        runCommand(context, async () => {
          await setAssignable(context, policy, assignable);
          return { output: `${policy} ${said}`, exitCode: 0 };
        }),
      );
  }
}

async function memberNamed(context: ServiceContext, tenant: string, named: string): Promise<TenantMember> {
  const found = (await listMembers(context, tenant)).find(
    ({ id, user }) => id === named || user.email?.toLowerCase() === named.toLowerCase(),
  );

  if (!found) throw new CommandError(`The tenant has no member "${named}".`);
  return found;
}
