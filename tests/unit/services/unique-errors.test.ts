import { describe, expect, it } from 'vitest';
import { nameOneField } from '../../../src/services/unique-errors.ts';

const INSERT = { sql: 'insert into `help_pages` (`slug`, `tenant_id`) values (?, ?)' };

const duplicate = (key: string): { code: string; sqlMessage: string } => ({
  code: 'ER_DUP_ENTRY',
  sqlMessage: `Duplicate entry '5f0c-it's' for key '${key}'`,
});

const taken = (
  constraint: string,
  columns: string,
): { code: string; table: string; constraint: string; detail: string } => ({
  code: '23505',
  table: 'help_pages',
  constraint,
  detail: `Key (${columns})=(5f0c, it's (1)) already exists.`,
});

describe('The error of a value that is taken within a tenant', () => {
  it.each([
    ['MariaDB', 'tenancy_help_pages_tenant_id_slug_unique'],
    ['MySQL 8', 'help_pages.tenancy_help_pages_tenant_id_slug_unique'],
  ])('reads on %s as of a field that is unique by itself', (_database, key) => {
    const error = duplicate(key);
    nameOneField(error, INSERT);

    // The second text in quotes is what Directus reads.
    expect(error.sqlMessage.match(/'([^']+)'/g)?.[1]).toBe("'help_pages.help_pages_slug_unique'");
  });

  it('names a field that the statement leaves to its default', () => {
    const error = duplicate('tenancy_help_pages_tenant_id_kind_of_unique');
    nameOneField(error, INSERT);
    expect(error.sqlMessage).toContain("'help_pages.help_pages_kind_of_unique'");
  });

  it.each([
    ['slug', 'tenant_id, slug', 'slug'],
    ['Slug', 'tenant_id, "Slug"', 'Slug'],
  ])('reads on PostgreSQL as of one column (%s)', (field, columns, named) => {
    const error = taken(`tenancy_help_pages_tenant_id_${field}_unique`, columns);
    nameOneField(error, { sql: '' });
    expect(error.detail.match(/\(([^)]+)\)/g)?.[0]).toBe(`(${named})`);
  });

  it.each([
    duplicate('help_pages_slug_unique'),
    duplicate('help_pages.help_pages_slug_unique'),
    duplicate('tenancy_other_pages_tenant_id_slug_unique'),
    duplicate('PRIMARY'),
    { code: 'ER_DUP_ENTRY' },
    { code: 'ER_NO_REFERENCED_ROW_2', sqlMessage: "for key 'tenancy_help_pages_tenant_id_slug_unique'" },
    taken('help_pages_slug_unique', 'slug'),
    taken('somebody_elses', 'tenant_id, slug'),
    taken('tenancy_help_pages_tenant_id_slug_unique', 'tenant_id, slug, part'),
    { code: '23505' },
  ])('is left alone where it is of something else: %j', (error) => {
    const before = structuredClone(error);
    nameOneField(error, INSERT);
    expect(error).toEqual(before);
  });

  it.each([null, undefined, 'text', 5])('says nothing of %j', (error) => {
    expect(() => {
      nameOneField(error, null);
    }).not.toThrow();
  });
});
