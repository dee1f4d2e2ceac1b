import type { Readable } from 'node:stream';
import type { Request } from 'express';
import type { Knex } from 'knex';
import type { Accountability } from '@directus/types';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { say } from '../../tenancy/sentences.ts';
import { notYours } from '../../tenancy/writes.ts';
import type { Route } from './route.ts';

/**
 * What describes a stored file or an upload itself: set by Directus, or a way to somebody else's file. Directus tells no hook
 * of what it is given with the content of a file.
 */
const STORED_FIELDS = ['replace_id', 'filename_disk', 'tus_id', 'tus_data'];

/** Keeps what comes with the content of a file, in whichever way it is sent, to what the requester may say of it. */
export async function guardUpload(database: Knex, request: Request, route: Route): Promise<void> {
  const { method, parts, body, accountability } = route;
  const [root, second, third] = parts.map((part) => part.toLowerCase());
  if (root !== 'files') return;

  if (method === 'POST' && second === 'tus') {
    const header = request.headers['upload-metadata'];
    if (typeof header === 'string') await assertTusStays(database, metadataOf(header), accountability);
    return;
  }

  if (method === 'POST' && second === 'import') return assertImportStays(database, body, accountability);

  const sendsForm = (method === 'POST' && !second) || (method === 'PATCH' && second && !third);
  if (sendsForm && request.is('multipart/form-data')) refuseFields(request);
}

/** Resumable uploads take their fields from a header, of which Directus checks a part only. */
async function assertTusStays(
  database: Knex,
  metadata: ReadonlyMap<string, string>,
  accountability: Accountability,
): Promise<void> {
  const field = [...STORED_FIELDS, 'storage', TENANT_FIELD].find((name) => metadata.has(name));
  if (field) throw notTaken(field);

  const folder = metadata.get('folder');
  if (folder !== undefined && folder !== '' && !(await isOwn(database, 'directus_folders', folder, accountability))) {
    throw new InvalidFieldError({ field: 'folder', reason: say('names a row that does not exist or is not yours') });
  }
}

/** The Data Studio replaces a file in this way too, naming it by its key. */
async function assertImportStays(database: Knex, body: unknown, accountability: Accountability): Promise<void> {
  const data = ((body as { data?: unknown } | null)?.data ?? {}) as Record<string, unknown>;
  const field = STORED_FIELDS.find((name) => (data[name] ?? null) !== null);
  if (field) throw notTaken(field);

  const key = data['id'] ?? null;
  if (key !== null && !(typeof key === 'string' && (await isOwn(database, 'directus_files', key, accountability)))) {
    throw notYours();
  }
}

/**
 * Directus reads the fields of a form while the content of the file is coming in already: its own reader is asked to say of
 * each field first.
 */
function refuseFields(request: Request): void {
  const pipe = request.pipe.bind(request);

  request.pipe = (reader, options) => {
    const emit = reader.emit.bind(reader);
    let refused = false;

    reader.emit = (event: string | symbol, ...values: unknown[]) => {
      const [name, content] = values;

      if (event === 'field' && !refused && (name === 'id' || STORED_FIELDS.includes(String(name)))) {
        refused = true;
        return emit('error', notTaken(String(name)));
      }

      if (!refused || !['field', 'file', 'close'].includes(String(event))) return emit(event, ...values);
      // The form ends only when all of it was read.
      if (event === 'file') (content as Readable).resume();
      return true;
    };

    return pipe(reader, options);
  };
}

function notTaken(field: string): Error {
  return new InvalidFieldError({ field, reason: say('is not taken from an upload') });
}

async function isOwn(
  database: Knex,
  collection: 'directus_files' | 'directus_folders',
  key: string,
  accountability: Accountability,
): Promise<boolean> {
  const isMember = requesterOf(accountability) === 'member';
  if (isMember && accountability.role === null) return false;

  const tenant = isMember ? accountability.role : null;
  return (
    (await database(collection)
      .select('id')
      .where({ id: key, [TENANT_FIELD]: tenant })
      .first()) !== undefined
  );
}

/** The fields of an `Upload-Metadata` header: pairs of a name and a value in base64, divided by commas (tus 1.0.0). */
export function metadataOf(header: string): Map<string, string> {
  return new Map(
    header.split(',').map((pair) => {
      const [name = '', value = ''] = pair.trim().split(' ');
      return [name, Buffer.from(value, 'base64').toString('utf8')];
    }),
  );
}
