import type { DoctorCheck, DoctorReport } from '../../../tenancy/doctor/report.ts';
import {
  SCOPES,
  TENANT_STATUSES,
  type ApiToken,
  type AssignableLevel,
  type AuditEntry,
  type CollectionScope,
  type Me,
  type TenantMember,
  type TenantOverview,
  type TenantOwner,
  type TenantSummary,
  type TenantUsage,
  type TenantWithUsage,
  type UniqueField,
} from '../../../tenancy/types.ts';
import type { ScopeOutcome } from '../../../services/collections.ts';
import type { MendedReport } from '../../../services/doctor/index.ts';
import type { Erasure } from '../../../services/erasure/index.ts';
import type { Session } from '../../../services/switching.ts';

/** A schema of OpenAPI 3.0. */
export type Schema = Record<string, unknown>;

/** An object with every field of a type: one that is missing here, or is none of the type's, does not compile. */
function object<Type>(properties: { [Field in keyof Required<Type>]: Schema }): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** The name of a schema among the components of the document. */
export function ref(name: keyof typeof SCHEMAS): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function list(items: Schema): Schema {
  return { type: 'array', items };
}

const nullable = (schema: Schema): Schema => ({ ...schema, nullable: true });
const oneOf = (values: readonly string[]): Schema => ({ type: 'string', enum: values });
const numbers = { type: 'object', additionalProperties: { type: 'integer' } };
const anything = { type: 'object', additionalProperties: true };

const text = { type: 'string' };
const uuid = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };
const day = { type: 'string', format: 'date' };
const count = { type: 'integer' };
const yesOrNo = { type: 'boolean' };

const person = {
  id: uuid,
  email: nullable(text),
  first_name: nullable(text),
  last_name: nullable(text),
};

const summary = { id: uuid, name: text, slug: text, status: oneOf(TENANT_STATUSES) };
const token = { id: uuid, name: text, user: uuid };
const verdict = oneOf(['pass', 'warn', 'fail']);

const report = {
  status: verdict,
  checks: list(
    object<DoctorCheck>({ id: text, status: verdict, message: text, fix: nullable(text), fixable: yesOrNo }),
  ),
};

const collectionScope = {
  collection: text,
  scope: nullable({ ...oneOf(SCOPES), enum: [...SCOPES, null] }),
  rows: object<CollectionScope['rows']>({ owned: count, unowned: count }),
  unique: list(object<UniqueField>({ field: text, within: oneOf(['tenant', 'project']) })),
  findings: list(text),
};

/** What the routes of the bundle answer with, and how they complain. */
export const SCHEMAS = {
  Tenant: object<TenantWithUsage>({
    ...summary,
    settings: nullable(anything),
    domains: nullable(list(text)),
    owner: nullable(object<TenantOwner>(person)),
    folder: nullable(uuid),
    date_created: nullable(time),
    date_updated: nullable(time),
    usage: object<TenantUsage>({ members: count, items: count, storage: count }),
  }),

  TenantOverview: object<TenantOverview>({
    collections: list(object<TenantOverview['collections'][number]>({ collection: text, items: count })),
    growth: object<TenantOverview['growth']>({
      since: day,
      days: list(object<TenantOverview['growth']['days'][number]>({ date: day, items: count })),
      uncounted: list(text),
    }),
    last_activity: nullable(time),
  }),

  TenantMember: object<TenantMember>({
    id: uuid,
    user: object<TenantMember['user']>({ ...person, status: text }),
    level: text,
    policy: uuid,
    additional_policies: list(uuid),
    active: yesOrNo,
  }),

  AdoptedRole: object<{ adopted: number }>({ adopted: count }),

  TenantLevel: object<AssignableLevel>({ level: text, policy: uuid, name: text, app_access: yesOrNo }),

  TenantToken: object<ApiToken>(token),

  NewTenantToken: object<ApiToken & { token: string }>({ ...token, token: text }),

  AuditEntry: object<AuditEntry>({
    id: count,
    date: time,
    action: text,
    user: nullable(object<AuditEntry['user']>({ id: uuid, email: nullable(text) })),
    ip: nullable(text),
    details: anything,
    people: { type: 'object', additionalProperties: object<TenantOwner>(person) },
  }),

  Erasure: object<Erasure>({
    tenant: object<Erasure['tenant']>({ id: uuid, slug: text, name: text }),
    erased: numbers,
    storage: count,
    hash: text,
    left: { ...list(text), maxItems: 0 },
  }),

  CollectionScope: object<CollectionScope>(collectionScope),

  ScopeOutcome: object<ScopeOutcome>({ ...collectionScope, adopted: count }),

  FieldUniqueness: object<{ collection: string; field: string; unique: unknown }>({
    collection: text,
    field: text,
    unique: { enum: ['tenant', 'project', false] },
  }),

  DoctorReport: object<DoctorReport>(report),

  MendedReport: object<MendedReport>({
    ...report,
    fixed: list(object<MendedReport['fixed'][number]>({ id: text, message: text })),
  }),

  TenancyMe: object<Me>({
    user: object<TenantOwner>(person),
    tenant: nullable(object<TenantSummary>({ ...summary, settings: nullable(anything) })),
    level: nullable(text),
    memberships: list(
      object<Me['memberships'][number]>({
        tenant: object<Me['memberships'][number]['tenant']>(summary),
        level: text,
        active: yesOrNo,
      }),
    ),
  }),

  TenancySession: object<Session>({ access_token: text, expires: count }),

  TenancyErrors: object<{ errors: unknown }>({
    errors: list({
      type: 'object',
      properties: {
        message: text,
        extensions: { type: 'object', properties: { code: text, field: text, reason: text }, required: ['code'] },
      },
      required: ['message', 'extensions'],
    }),
  }),
} satisfies Record<string, Schema>;
