import type { EventContext, Item, PrimaryKey, RegisterFunctions } from '@directus/types';
import { parse } from 'node:path';
import { InvalidFieldError, RefusedError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { say } from '../../tenancy/sentences.ts';
import { runtime } from '../../runtime.ts';

/** What says where a file is stored, and what an unfinished upload is made of: Directus' own business. */
const STORED_FIELDS = ['filename_disk', 'storage', 'tus_id', 'tus_data'] as const;

/**
 * Keeps the stored files of tenants apart: they lie side by side in one storage, and Directus finds those of a row by the
 * beginning of their names.
 */
export function registerFileGuards({ filter, action }: RegisterFunctions): void {
  filter<Item>('files.create', (payload, _meta, event) => {
    // Files are created without their content as well; where it lies is still not the requester's to say.
    if (isGuarded(event))
      assertNotStored(
        payload,
        STORED_FIELDS.filter((field) => field !== 'storage'),
      );
    return payload;
  });

  filter<Item>('files.update', (changes, _meta, event) => {
    if (isGuarded(event)) assertNotStored(changes, STORED_FIELDS);
    return changes;
  });

  filter<PrimaryKey[]>('files.delete', async (keys, _meta, event) => {
    if (isGuarded(event)) await assertNoOtherFileGoes(keys, event);
    return keys;
  });

  // Uploads reach no hook before they are stored.
  action('files.upload', ({ key }, { database }) => repairFolder(database, String(key)));
}

function isGuarded({ accountability }: EventContext): boolean {
  if (!accountability || accountability.admin) return false;
  return requesterOf(accountability) === 'member' || runtime.tenantsExist;
}

function assertNotStored(payload: Item, fields: readonly string[]): void {
  const field = fields.find((name) => payload[name] !== undefined && payload[name] !== null);
  if (field) throw new InvalidFieldError({ field, reason: say('is set by Directus: leave it out') });
}

/** Deleting a file takes along every stored file whose name begins as its own does. */
async function assertNoOtherFileGoes(keys: PrimaryKey[], { database }: EventContext): Promise<void> {
  const files: Item[] = await database('directus_files').select('filename_disk').whereIn('id', keys);

  for (const { filename_disk: stored } of files) {
    if (typeof stored !== 'string' || stored === '') continue;

    const beginning = parse(stored).name.replace(/[!%_]/g, '!$&');
    const other: unknown = await database('directus_files')
      .select('id')
      .whereNotIn('id', keys)
      .andWhereRaw(`?? LIKE ? ESCAPE '!'`, ['filename_disk', `${beginning}%`])
      .first();

    if (other) {
      throw new RefusedError({
        reason: say(
          'This file cannot be deleted: another file is stored under a name that begins as its own. Ask a super-admin.',
        ),
      });
    }
  }
}

/** A file that was uploaded into a folder of somebody else leaves it. */
async function repairFolder(database: EventContext['database'], file: string): Promise<void> {
  const row: { own: string | null; folders: string | null } | undefined = await database('directus_files as file')
    .join('directus_folders as folder', 'folder.id', 'file.folder')
    .where('file.id', file)
    .first({ own: `file.${TENANT_FIELD}`, folders: `folder.${TENANT_FIELD}` });

  if (!row || row.own === row.folders) return;
  await database('directus_files').where('id', file).update({ folder: null });
}
