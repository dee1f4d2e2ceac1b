import { readAssignment, type RequestedAssignment } from '../../services/adoption/owners.ts';
import { listCollections, setScope, type ScopeOutcome, type ScopeProgress } from '../../services/collections.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { collectionsAsText, outcomeAsText, progressBar } from '../../tenancy/collections-text.ts';
import { SCOPES } from '../../tenancy/types.ts';
import { asJson, CommandError, done, runCommand, type Command } from './command.ts';

interface Options {
  tenant?: string;
  through?: string;
  by?: string;
  map?: string[];
  confirm?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** `directus tenancy collections`: what `/tenancy/collections` does over HTTP, with a progress bar for large tables. */
export function collectionsCommand(group: Command, context: ServiceContext): void {
  const collections = group
    .command('collections')
    .description('Which collections belong to tenants, and which are shared by all');

  collections
    .command('list')
    .description('List every collection with its scope and its rows')
    .option(...asJson())
    .action(async ({ json }: Options) =>
      runCommand(context, async () => {
        const found = await listCollections(context);
        return done(json, found, collectionsAsText(found));
      }),
    );

  collections
    .command('scope <collection> <scope>')
    .description(
      'Make a collection the tenants’ ("tenant"), shared by all ("shared"), or both ("mixed": rows of nobody are read by all)',
    )
    .option('--tenant <tenant>', 'who takes over rows without tenant: the id or slug of one tenant')
    .option('--through <field>', 'rows without tenant get that of the row to which this many-to-one field leads')
    .option('--by <field>', 'rows without tenant get the one that --map names for the value of this field')
    .option('--map <pairs...>', 'value=tenant, once for each value')
    .option('--confirm', 'show rows to all tenants that they did not see: those of others, or of nobody')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option(...asJson('the result'))
    .action(async (collection: string, scope: string, given: Options) =>
      runCommand(context, async () => {
        const { json, confirm, dryRun } = given;
        const wanted = SCOPES.find((each) => each === scope);
        if (!wanted) throw new CommandError(`"${scope}" is no scope: choose "tenant", "mixed" or "shared".`);

        const assignment = requestedAssignment(given);

        const outcome: ScopeOutcome = await setScope(context, collection, {
          scope: wanted,
          confirm,
          dryRun,
          assign: assignment && (await readAssignment(context.database, assignment)),
          progress: drawer(),
        });

        return done(json, outcome, outcomeAsText(outcome, dryRun === true));
      }),
    );
}

function requestedAssignment({ tenant, through, by, map }: Options): RequestedAssignment | undefined {
  const ways = [tenant, through, by].filter((way) => way !== undefined).length;
  if (ways > 1) throw new CommandError('Choose one of --tenant, --through and --by.');
  if ((by === undefined) !== (map === undefined))
    throw new CommandError('--by <field> and --map <value=tenant …> go together.');
  if (ways === 0) return undefined;

  const tenants = map?.map((pair): [string, string] => {
    const at = pair.lastIndexOf('=');
    if (at < 1) throw new CommandError(`"${pair}" is not of the form value=tenant.`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });

  return { tenant, through, by, tenants: tenants && Object.fromEntries(tenants) };
}

/** Draws how far it is on standard error, for people only: a pipe gets nothing but the result. */
function drawer(): ((progress: ScopeProgress) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return ({ rows, of }) => process.stderr.write(`\r${progressBar(rows, of)}${rows >= of ? '\n' : ''}`);
}
