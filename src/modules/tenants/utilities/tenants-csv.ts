import { csvFormatRow, dsvFormat } from 'd3-dsv';
import type { NewTenant } from '../../../client/index.ts';
import type { TenantWithUsage } from '../../../studio/types.ts';
import { domainsIn, emptyOwner, findProblems, toNewTenant } from '../../../studio/utilities/tenant-form.ts';
import type { FieldPath, FieldProblem, TenantValues } from '../../../studio/utilities/tenant-form.ts';
import { slugOf } from '../../../tenancy/slug.ts';

/** The columns that an import reads. Only the name has to be there. */
export const IMPORT_COLUMNS = [
  'name',
  'slug',
  'owner_email',
  'owner_first_name',
  'owner_last_name',
  'owner_password',
  'domains',
  'template',
] as const;

export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

/** What is wrong with one row, and in which column. */
export interface RowProblem {
  column: ImportColumn;
  problem: FieldProblem;
}

/** One row of a file, as a tenant that is to be created. */
export interface ImportRow {
  /** Counted from 1, without the header. */
  number: number;
  values: Record<ImportColumn, string>;
  tenant: NewTenant;
  problems: RowProblem[];
}

export interface TenantsFile {
  rows: ImportRow[];
  /** Columns that an import does not know and leaves out. */
  ignored: string[];
}

/** Why a file is no list of tenants; each is a key of the catalogue under `import.refused`. */
export type FileProblem = 'empty' | 'no_name_column' | 'too_many_rows';

/** More are a work for the command line. */
export const MOST_ROWS = 5000;

const PATHS: Partial<Record<FieldPath, ImportColumn>> = {
  name: 'name',
  slug: 'slug',
  'owner.email': 'owner_email',
  'owner.first_name': 'owner_first_name',
  'owner.last_name': 'owner_last_name',
  'owner.password': 'owner_password',
  domains: 'domains',
  template: 'template',
};

/** The column of a field that the server refused, such as `owner.email`; null for what is no column. */
export function columnOf(field: unknown): ImportColumn | null {
  if (typeof field !== 'string') return null;
  const [first = ''] = field.split(/[.[]/);
  return PATHS[field as FieldPath] ?? PATHS[first as FieldPath] ?? null;
}

/**
 * Reads a file of tenants: comma, semicolon or tab between the columns, in any order, with a header.
 *
 * @param invite whether owners without password are sent an invitation
 */
export function parseTenantsCsv(text: string, invite: boolean): TenantsFile | { refused: FileProblem } {
  const [header = [], ...lines] = dsvFormat(delimiterOf(text))
    .parseRows(text.replace(/^\uFEFF/, ''))
    .filter((line) => line.some((value) => value.trim() !== ''));

  const headers = header.map((name) => name.trim().toLowerCase());
  if (lines.length === 0)
    return { refused: headers.length === 0 || headers.includes('name') ? 'empty' : 'no_name_column' };
  if (!headers.includes('name')) return { refused: 'no_name_column' };
  if (lines.length > MOST_ROWS) return { refused: 'too_many_rows' };

  const rows = lines.map((line, index) => {
    const valueOf = (column: ImportColumn): string => line[headers.indexOf(column)] ?? '';
    return readRow(valueOf, index + 1, invite);
  });
  tellRepetitions(rows, 'slug', ({ tenant }) => tenant.slug);
  tellRepetitions(rows, 'owner_email', ({ tenant }) => tenant.owner?.email.toLowerCase());

  return { rows, ignored: headers.filter((header) => header !== '' && !isColumn(header)) };
}

/** What stands between the columns: whichever of the usual characters the header has most of. */
function delimiterOf(text: string): string {
  const [header = ''] = text.trimStart().split(/[\r\n]/, 1);
  const countOf = (delimiter: string): number => header.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, other) => (countOf(other) > countOf(best) ? other : best));
}

function readRow(valueOf: (column: ImportColumn) => string, number: number, invite: boolean): ImportRow {
  const values = Object.fromEntries(IMPORT_COLUMNS.map((column) => [column, valueOf(column).trim()])) as Record<
    ImportColumn,
    string
  >;

  const owner = {
    ...emptyOwner(),
    email: values.owner_email,
    first_name: values.owner_first_name,
    last_name: values.owner_last_name,
    password: values.owner_password,
  };

  const form: TenantValues = {
    name: values.name,
    slug: values.slug || slugOf(values.name),
    owner: Object.values(owner).some((value) => value !== '') ? owner : null,
    invite: invite && owner.password === '',
    template: values.template,
    domains: domainsIn(values.domains),
  };

  const found = Object.entries(findProblems(form)) as [FieldPath, FieldProblem][];

  return {
    number,
    values,
    tenant: toNewTenant(form),
    problems: found
      // Without a name there is no slug either: one complaint is enough.
      .filter(([path]) => path !== 'slug' || values.name !== '')
      .flatMap(([path, problem]) => (PATHS[path] ? [{ column: PATHS[path], problem }] : [])),
  };
}

/** Two tenants of one file cannot have the same slug, nor two owners the same address: the later one is told. */
function tellRepetitions(
  rows: ImportRow[],
  column: ImportColumn,
  valueOf: (row: ImportRow) => string | undefined,
): void {
  const seen = new Set<string>();

  for (const row of rows) {
    const value = valueOf(row);
    if (!value) continue;
    if (seen.has(value)) row.problems.push({ column, problem: { kind: 'repeated' } });
    seen.add(value);
  }
}

function isColumn(header: string): header is ImportColumn {
  return (IMPORT_COLUMNS as readonly string[]).includes(header);
}

/** What a spreadsheet takes for a formula by its first character (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = /^[=+\-@\t\r]/;

function formatCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => csvFormatRow(row.map(String))).join('\r\n');
}

/** A file that an import takes, to begin with. */
export function exampleCsv(): string {
  return formatCsv([
    IMPORT_COLUMNS,
    ['Acme Ltd', 'acme', 'ada@acme.example.com', 'Ada', 'Acme', '', 'acme.example.com', ''],
  ]);
}

const EXPORT_COLUMNS: Record<string, (tenant: TenantWithUsage) => string | number | null | undefined> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  slug: ({ slug }) => slug,
  status: ({ status }) => status,
  owner_email: ({ owner }) => owner?.email,
  owner_first_name: ({ owner }) => owner?.first_name,
  owner_last_name: ({ owner }) => owner?.last_name,
  domains: ({ domains }) => domains?.join(' '),
  members: ({ usage }) => usage.members,
  items: ({ usage }) => usage.items,
  storage_bytes: ({ usage }) => usage.storage,
  date_created: ({ date_created: created }) => created,
};

/**
 * Tenants as a table for spreadsheets. Values that a spreadsheet would take for a formula are kept from being one: names are
 * chosen by customers.
 */
export function formatTenantsCsv(tenants: readonly TenantWithUsage[]): string {
  const rowOf = (tenant: TenantWithUsage): string[] =>
    Object.values(EXPORT_COLUMNS).map((valueOf) => String(valueOf(tenant) ?? '').replace(FORMULA, "'$&"));

  return formatCsv([Object.keys(EXPORT_COLUMNS), ...tenants.map(rowOf)]);
}

/** The rows that were not imported, in the columns of the import and with the reason, so that they can be mended and tried again. */
export function formatRefusedCsv(rows: readonly { values: Record<ImportColumn, string>; reason: string }[]): string {
  return formatCsv([
    [...IMPORT_COLUMNS, 'problem'],
    ...rows.map(({ values, reason }) => [...IMPORT_COLUMNS.map((column) => values[column]), reason]),
  ]);
}
