import { SLUG_MAX_LENGTH, SLUG_PATTERN } from '../../tenancy/slug.ts';
import type { NewTenant } from '../../client/index.ts';
import type { ReportedError } from './request-errors.ts';

/** Longest values that the columns of `tenants` and of Directus' own users hold. */
export const MAX_LENGTH = { name: 255, slug: SLUG_MAX_LENGTH, email: 128, first_name: 50, last_name: 50 } as const;

/** The fields of the form, named as the API names them in `errors[].extensions.field`. */
export const FIELD_PATHS = [
  'name',
  'slug',
  'owner.email',
  'owner.first_name',
  'owner.last_name',
  'owner.password',
  'template',
] as const;

export type FieldPath = (typeof FIELD_PATHS)[number];

export interface OwnerValues {
  email: string;
  first_name: string;
  last_name: string;
  password: string;
}

/** Nobody yet. */
export function emptyOwner(): OwnerValues {
  return { email: '', first_name: '', last_name: '', password: '' };
}

export interface TenantValues {
  name: string;
  slug: string;
  /** `null`: no owner is to be created. */
  owner: OwnerValues | null;
  /** Whether the owner is sent an invitation; the password is chosen with it. */
  invite?: boolean;
  /** The id or slug of the tenant whose content the new one begins with. */
  template?: string;
}

/** What is wrong with a field. Each kind is a key of the catalogue under `invalid`. */
export type FieldProblem =
  | { kind: 'required' | 'slug' | 'email' | 'taken_slug' | 'taken_email' | 'repeated' }
  | { kind: 'too_long'; max: number }
  | { kind: 'rejected'; reason: string };

export type FieldProblems = Partial<Record<FieldPath, FieldProblem>>;

/** One `@` with something before it and a dotted name behind: the server has the last word, this only catches slips. */
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;

/** What can be said about the values without asking the server. */
export function findProblems({ name, slug, owner }: TenantValues): FieldProblems {
  return withoutEmpty({
    name: requiredText(name, MAX_LENGTH.name),
    slug: requiredText(slug, MAX_LENGTH.slug) ?? (SLUG_PATTERN.test(slug) ? undefined : { kind: 'slug' }),
    ...(owner && {
      'owner.email':
        requiredText(owner.email, MAX_LENGTH.email) ?? (EMAIL.test(owner.email.trim()) ? undefined : { kind: 'email' }),
      'owner.first_name': tooLong(owner.first_name, MAX_LENGTH.first_name),
      'owner.last_name': tooLong(owner.last_name, MAX_LENGTH.last_name),
    }),
  });
}

/**
 * Sorts what the server refused to the fields of the form.
 * Directus' own user errors name the plain column, hence `email` beside `owner.email`.
 */
export function assignErrors(errors: readonly ReportedError[]): { fields: FieldProblems; others: ReportedError[] } {
  const fields: FieldProblems = {};
  const others: ReportedError[] = [];

  for (const error of errors) {
    const path = FIELD_PATHS.find((candidate) => candidate === error.field || candidate === `owner.${error.field}`);
    if (path) fields[path] ??= problemOf(path, error);
    else others.push(error);
  }

  return { fields, others };
}

/** The request body: trimmed, and without what was left empty. */
export function toNewTenant({ name, slug, owner, invite, template }: TenantValues): NewTenant {
  const { email = '', first_name = '', last_name = '', password = '' } = owner ?? {};

  return {
    name: name.trim(),
    slug,
    ...(owner && {
      owner: {
        email: email.trim(),
        ...(first_name.trim() && { first_name: first_name.trim() }),
        ...(last_name.trim() && { last_name: last_name.trim() }),
        ...(invite ? { invite: true } : password && { password }),
      },
    }),
    ...(template && { template }),
  };
}

function problemOf(path: FieldPath, { code, reason, message }: ReportedError): FieldProblem {
  if (code === 'RECORD_NOT_UNIQUE' && path === 'slug') return { kind: 'taken_slug' };
  if (code === 'RECORD_NOT_UNIQUE' && path === 'owner.email') return { kind: 'taken_email' };
  return { kind: 'rejected', reason: (reason ?? message).replace(/\.$/, '') };
}

function requiredText(value: string, max: number): FieldProblem | undefined {
  return value.trim() === '' ? { kind: 'required' } : tooLong(value, max);
}

function tooLong(value: string, max: number): FieldProblem | undefined {
  return value.trim().length > max ? { kind: 'too_long', max } : undefined;
}

function withoutEmpty(problems: Partial<Record<FieldPath, FieldProblem>>): FieldProblems {
  return Object.fromEntries(Object.entries(problems).filter(([, problem]) => Boolean(problem)));
}
