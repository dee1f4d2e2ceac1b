import { SLUG_MAX_LENGTH, SLUG_PATTERN } from '../../tenancy/slug.ts';
import type { NewTenant } from '../../client/index.ts';
import type { ReportedError } from './request-errors.ts';

/** Longest values that the columns of `tenants` and of Directus' own users hold. */
export const MAX_LENGTH = { name: 255, slug: SLUG_MAX_LENGTH, email: 128, first_name: 50, last_name: 50 } as const;

/** The fields of the form, named as the API names them in `errors[].extensions.field`. */
export const FIELD_PATHS = [
  'name',
  'slug',
  'domains',
  'settings',
  'owner.email',
  'owner.first_name',
  'owner.last_name',
  'owner.password',
  'template',
] as const;

export type FieldPath = (typeof FIELD_PATHS)[number];

/** Those that not every form has. */
export const OPTIONAL_PATHS = ['domains', 'settings'] as const satisfies readonly FieldPath[];

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
  domains?: readonly string[];
  /** JSON, as it is typed. */
  settings?: string;
}

/** What is wrong with a field. Each kind is a key of the catalogue under `invalid`. */
export type FieldProblem =
  | { kind: 'required' | 'slug' | 'email' | 'taken_slug' | 'taken_email' | 'repeated' }
  | { kind: 'too_long'; max: number }
  | { kind: 'domain'; domain: string }
  | { kind: 'json'; line: number }
  | { kind: 'json_object' }
  | { kind: 'rejected'; reason: string };

export type FieldProblems = Partial<Record<FieldPath, FieldProblem>>;

/** One `@` with something before it and a dotted name behind: the server has the last word, this only catches slips. */
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;

/** Labels of letters, digits and hyphens, at least two of them. */
const HOST_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/** What can be said about the values without asking the server. */
export function findProblems({ name, slug, owner, domains = [], settings = '' }: TenantValues): FieldProblems {
  return withoutEmpty({
    name: requiredText(name, MAX_LENGTH.name),
    slug: requiredText(slug, MAX_LENGTH.slug) ?? (SLUG_PATTERN.test(slug) ? undefined : { kind: 'slug' }),
    domains: problemOfDomains(domains),
    settings: readSettings(settings).problem,
    ...(owner && {
      'owner.email':
        requiredText(owner.email, MAX_LENGTH.email) ?? (EMAIL.test(owner.email.trim()) ? undefined : { kind: 'email' }),
      'owner.first_name': tooLong(owner.first_name, MAX_LENGTH.first_name),
      'owner.last_name': tooLong(owner.last_name, MAX_LENGTH.last_name),
    }),
  });
}

/** The settings as text to be edited; empty where there are none. */
export function writeSettings(settings: Record<string, unknown> | null | undefined): string {
  return settings ? JSON.stringify(settings, null, 2) : '';
}

/** What text says as settings, or why it says nothing. */
export function readSettings(text: string): { settings: Record<string, unknown> | null; problem?: FieldProblem } {
  if (text.trim() === '') return { settings: null };

  try {
    const settings: unknown = JSON.parse(text.trimEnd());
    if (isRecord(settings)) return { settings };
    return { settings: null, problem: { kind: 'json_object' } };
  } catch (error) {
    return { settings: null, problem: { kind: 'json', line: lineOfError(error, text) } };
  }
}

function isOptional(path: FieldPath): boolean {
  return OPTIONAL_PATHS.some((optional) => optional === path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Browsers tell in their messages the line or the position of what they cannot read; else it is the end that is missing. */
function lineOfError(error: unknown, text: string): number {
  const { line, position } = /line (?<line>\d+)|position (?<position>\d+)/.exec(String(error))?.groups ?? {};
  if (line) return Number(line);
  return text
    .trimEnd()
    .slice(0, position ? Number(position) : undefined)
    .split('\n').length;
}

/**
 * Sorts what the server refused to the fields of the form.
 * Directus' own user errors name the plain column, hence `email` beside `owner.email`; an entry of a list is named by its index.
 *
 * @param optional the fields of this form that not every one has: elsewhere nobody would see what is said of them
 */
export function assignErrors(
  errors: readonly ReportedError[],
  optional: readonly (typeof OPTIONAL_PATHS)[number][] = [],
): { fields: FieldProblems; others: ReportedError[] } {
  const fields: FieldProblems = {};
  const others: ReportedError[] = [];

  for (const error of errors) {
    const [list = ''] = error.field?.split('.') ?? [];
    const path =
      optional.find((candidate) => candidate === list) ??
      FIELD_PATHS.filter((candidate) => !isOptional(candidate)).find(
        (candidate) => candidate === error.field || candidate === `owner.${error.field}`,
      );

    if (path) fields[path] ??= problemOf(path, error);
    else others.push(error);
  }

  return { fields, others };
}

/** The request body: trimmed, and without what was left empty. */
export function toNewTenant({ name, slug, owner, invite, template, domains = [] }: TenantValues): NewTenant {
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
    ...(domains.length > 0 && { domains: [...domains] }),
    ...(template && { template }),
  };
}

function problemOf(path: FieldPath, { code, reason, message }: ReportedError): FieldProblem {
  if (code === 'RECORD_NOT_UNIQUE' && path === 'slug') return { kind: 'taken_slug' };
  if (code === 'RECORD_NOT_UNIQUE' && path === 'owner.email') return { kind: 'taken_email' };
  return { kind: 'rejected', reason: (reason ?? message).replace(/\.$/, '') };
}

/** The host names in what was typed, pasted or read of a file. */
export function domainsIn(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s,;|]+/)
    .filter(Boolean);
}

function problemOfDomains(domains: readonly string[]): FieldProblem | undefined {
  const wrong = domains.find((domain) => !HOST_NAME.test(domain));
  return wrong === undefined ? undefined : { kind: 'domain', domain: wrong };
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
