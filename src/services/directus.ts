import type {
  AbstractService,
  Accountability,
  HookExtensionContext,
  ExtensionsServices,
  SchemaOverview,
} from '@directus/types';
import type { Knex } from 'knex';

/** What the bundle's services need of an extension's context. */
export type ServiceContext = Pick<
  HookExtensionContext,
  'services' | 'database' | 'getSchema' | 'logger' | 'env' | 'emitter'
> & {
  /** Who asks for what a service does; nobody for the command line and for what the bundle does by itself. */
  actor?: Accountability | null;
};

/** Services of Directus that act with full rights on one connection. */
export interface FullAccess {
  schema: SchemaOverview;
  knex: Knex;
  /** The plain service of a collection: none of the extra checks and cache flushes of its special service. */
  items(collection: string): AbstractService;
  collections(): InstanceType<ExtensionsServices['CollectionsService']>;
  fields(): InstanceType<ExtensionsServices['FieldsService']>;
  relations(): InstanceType<ExtensionsServices['RelationsService']>;
  permissions(): AbstractService;
  access(): AbstractService;
  users(): AbstractService;
  files(): AbstractService;
}

/** Full access to Directus' services, by default on the pool and with a schema that was just read. */
export async function fullAccess(context: ServiceContext, knex: Knex = context.database): Promise<FullAccess> {
  const schema = await context.getSchema({ database: knex, bypassCache: true });
  return fullAccessWith(context, schema, knex);
}

/** As {@link fullAccess}, with the schema that Directus keeps in memory: for requests, which change no schema. */
export async function cachedAccess(context: ServiceContext): Promise<FullAccess> {
  return fullAccessWith(context, await context.getSchema(), context.database);
}

/** As `context`, for whom knows the schema: Directus makes a copy of all of it whenever somebody asks for the one that it keeps. */
export function withSchema(context: ServiceContext, schema: SchemaOverview): ServiceContext {
  return { ...context, getSchema: (options) => (options ? context.getSchema(options) : Promise.resolve(schema)) };
}

/** As {@link fullAccess}, with a schema that the caller has already. */
export function fullAccessWith(context: ServiceContext, schema: SchemaOverview, knex: Knex): FullAccess {
  const options = { schema, knex, accountability: null };
  const { services } = context;

  return {
    schema,
    knex,
    items: (collection) => new services.ItemsService(collection, options),
    collections: () => new services.CollectionsService(options),
    fields: () => new services.FieldsService(options),
    relations: () => new services.RelationsService(options),
    permissions: () => new services.PermissionsService(options),
    access: () => new services.AccessService(options),
    users: () => new services.UsersService(options),
    files: () => new services.FilesService(options),
  };
}

/** Whether the host is Directus 11; the status of collections came with 12. */
export function isDirectus11({ collections }: SchemaOverview): boolean {
  return collections['directus_collections']?.fields['status'] === undefined;
}

/** Some methods of Directus ask for an administrator even of internal callers. */
const SYSTEM_ADMIN: Accountability = { admin: true, app: false, ip: null, role: null, roles: [], user: null };

/** Empties every cache of Directus that permissions, policies, the schema or responses live in, on all instances. */
export function flushCaches(context: ServiceContext): Promise<void> {
  return clearCache(context, { system: true });
}

/** Makes Directus forget the answers that it keeps, as after rows that were written past it. */
export function forgetAnswers(context: ServiceContext): Promise<void> {
  return clearCache(context, { system: false });
}

async function clearCache(context: ServiceContext, { system }: { system: boolean }): Promise<void> {
  // Reading the schema may take as long as all else that a start does, and nothing of it is asked here.
  const schema: SchemaOverview = { collections: {}, relations: [] };
  const utils = new context.services.UtilsService({ schema, accountability: SYSTEM_ADMIN });
  await utils.clearCache({ system });
}
