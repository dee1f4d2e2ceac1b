import type { Readable } from 'node:stream';
import type { Request } from 'express';
import type { Knex } from 'knex';
import type { Accountability, Item, PrimaryKey, SchemaOverview } from '@directus/types';
import { watched } from '../../services/audit.ts';
import { assertReferences } from '../../services/references.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { uuidIn } from '../../tenancy/identity.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { say } from '../../tenancy/sentences.ts';
import { notYours } from '../../tenancy/writes.ts';
import { boundaryContext, type Context } from '../../runtime.ts';
import type { Route } from './route.ts';

const FILES = 'directus_files';

/**
 * What describes a stored file or an upload itself: set by Directus, or a way to somebody else's file. Directus tells no hook
 * of what it is given with the content of a file.
 */
const STORED_FIELDS = ['replace_id', 'filename_disk', 'tus_id', 'tus_data'];

/** Keeps what comes with the content of a file, in whichever way it is sent, to what the requester may say of it. */
export async function guardUpload(context: Context, request: Request, route: Route): Promise<void> {
  const { method, parts, body } = route;
  const [root, second, third] = parts.map((part) => part.toLowerCase());
  if (root !== 'files') return;

  if (method === 'POST' && second === 'tus') {
    const header = request.headers['upload-metadata'];
    if (typeof header === 'string') await assertTusStays(context, route, metadataOf(header));
    return;
  }

  if (method === 'POST' && second === 'import') return assertImportStays(context, route, body);
  if (!request.is('multipart/form-data')) return;

  if (method === 'POST' && !second) {
    guardForm(request, (fields) => assertLeadsStay(context, route, fields));
  } else if (method === 'PATCH' && second && !third) {
    const key = parts[1] ?? '';
    // Directus makes a new file of a key that is not there.
    if (!(await isOwnFile(context.database, key, route.accountability))) throw notYours();
    guardForm(request, (fields) => assertLeadsStay(context, route, fields, key));
  }
}

/** Resumable uploads take their fields from a header, of which Directus checks a part only. */
async function assertTusStays(context: Context, route: Route, metadata: ReadonlyMap<string, string>): Promise<void> {
  const field = [...STORED_FIELDS, 'storage', TENANT_FIELD].find((name) => metadata.has(name));
  if (field) throw notTaken(field);

  await assertLeadsStay(context, route, Object.fromEntries([...metadata].filter(([, value]) => value !== '')));
}

/** The Data Studio replaces a file in this way too, naming it by its key. */
async function assertImportStays(context: Context, route: Route, body: unknown): Promise<void> {
  const data = ((body as { data?: unknown } | null)?.data ?? {}) as Item;
  const field = STORED_FIELDS.find((name) => (data[name] ?? null) !== null);
  if (field) throw notTaken(field);

  const key: unknown = data['id'] ?? null;
  if (key === null) return assertLeadsStay(context, route, data);

  if (typeof key !== 'string' || !(await isOwnFile(context.database, key, route.accountability))) throw notYours();
  await assertLeadsStay(context, route, data, key);
}

/**
 * Refuses fields that lead to rows of others: in front, because Directus answers with the row as soon as it is stored. Rows
 * nested in such fields would be written without any hook.
 */
async function assertLeadsStay(context: Context, route: Route, fields: Item, key?: PrimaryKey): Promise<void> {
  const { accountability, schema } = route;
  const { database } = context;
  const keys = key === undefined ? [] : [key];

  await watched(context, accountability, key === undefined ? 'create' : 'update', FILES, async () => {
    const nested = fieldsWithRows(fields, schema);
    if (nested) throw notTaken(nested);

    await assertReferences(context, boundaryContext(schema), { database, schema }, FILES, fields, keys, {
      requester: accountability,
    });
  });
}

/** The first of the fields whose value is rows, or lists of these, where a key is expected. */
function fieldsWithRows(fields: Item, { relations }: SchemaOverview): string | undefined {
  const ofFiles = relations.flatMap(({ collection, field, related_collection: related, meta }) => [
    ...(collection === FILES ? [field] : []),
    ...(related === FILES && meta?.one_field ? [meta.one_field] : []),
  ]);

  return ofFiles.find((field) => typeof fields[field] === 'object' && fields[field] !== null);
}

/**
 * Directus reads the fields of a form while the content of the file is coming in already: its own reader is asked to say of
 * each field first, and to wait with a file until the fields in front of it are found to be the requester's.
 */
function guardForm(request: Request, assertFields: (fields: Item) => Promise<void>): void {
  const pipe = request.pipe.bind(request);

  request.pipe = (reader, options) => {
    const emit = reader.emit.bind(reader);
    let refused = false;
    let fields: Item = {};
    /** What the reader has said since a file waits. */
    let held: [string, unknown[]][] | null = null;

    const goOn = (): void => {
      const waiting = held ?? [];
      held = null;
      for (const [event, values] of waiting) reader.emit(event, ...values);
    };

    const refuse = (error: unknown): void => {
      // The reader may have broken off while it was asked.
      if (refused) return;
      refused = true;
      goOn();
      emit('error', error);
    };

    reader.emit = (event: string | symbol, ...values: unknown[]) => {
      if (event === 'error' && held) {
        refuse(values[0]);
        return true;
      }

      if (event !== 'field' && event !== 'file' && event !== 'close') return emit(event, ...values);
      const [name, content] = values;
      // Whoever reads the file may come to it late, and what breaks off until then must not end the process.
      if (event === 'file') (content as Readable).on('error', () => undefined);

      if (refused) {
        // The form ends only when all of it was read.
        if (event === 'file') (content as Readable).resume();
        return true;
      }

      if (held) {
        held.push([event, values]);
        return true;
      }

      if (event === 'field') {
        if (name === 'id' || STORED_FIELDS.includes(String(name))) {
          refuse(notTaken(String(name)));
          return true;
        }

        fields[String(name)] = valueOf(content);
      }

      if (event === 'file' && Object.keys(fields).length > 0) {
        const asked = fields;
        fields = {};
        held = [[event, values]];
        assertFields(asked).then(goOn, refuse);
        return true;
      }

      return emit(event, ...values);
    };

    return pipe(reader, options);
  };
}

/** The value of a field of a form, as Directus reads it. */
function valueOf(content: unknown): unknown {
  const text = typeof content === 'string' ? content.trim() : '';
  if (text === 'null') return null;
  return text === 'true' || text === 'false' ? text === 'true' : content;
}

function notTaken(field: string): Error {
  return new InvalidFieldError({ field, reason: say('is not taken from an upload') });
}

/** A key is taken as it is stored only: databases differ in what else they take for it, and fail at the rest. */
async function isOwnFile(database: Knex, key: string, accountability: Accountability): Promise<boolean> {
  if (uuidIn(key) !== key) return false;

  const isMember = requesterOf(accountability) === 'member';
  if (isMember && accountability.role === null) return false;

  const tenant = isMember ? accountability.role : null;
  return (
    (await database(FILES)
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
