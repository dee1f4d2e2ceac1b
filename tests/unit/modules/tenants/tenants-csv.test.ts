import { describe, expect, it } from 'vitest';
import type { TenantWithUsage } from '../../../../src/studio/types.ts';
import {
  columnOf,
  exampleCsv,
  formatRefusedCsv,
  formatTenantsCsv,
  MOST_ROWS,
  parseTenantsCsv,
  type TenantsFile,
} from '../../../../src/modules/tenants/utilities/tenants-csv.ts';

const rowsOf = (text: string, invite = false): TenantsFile => {
  const read = parseTenantsCsv(text, invite);
  if ('refused' in read) throw new Error(read.refused);
  return read;
};

describe('A file of tenants', () => {
  it('is read with any of the usual separators, in any order, with a byte order mark or without', () => {
    for (const text of [
      'slug,name\nnorth,North Ltd\n',
      '\uFEFFSlug;Name\r\nnorth;North Ltd\r\n\r\n',
      'slug\t name \nnorth\tNorth Ltd',
      'slug,name\nnorth,"North Ltd"',
    ]) {
      expect(rowsOf(text).rows.map(({ tenant }) => tenant)).toEqual([{ name: 'North Ltd', slug: 'north' }]);
    }
  });

  it('makes slugs of names, lists of domains, and owners of their columns', () => {
    const text =
      'name,owner_email,owner_first_name,owner_password,domains,template\n' +
      'Söhne & Co,ada@north.example.com,Ada,,"North.example.com, n.example.com",blueprint\n' +
      'South,bo@south.example.com,,secret,,\n' +
      'West,,,,,\n';

    expect(rowsOf(text, true).rows.map(({ tenant }) => tenant)).toEqual([
      {
        name: 'Söhne & Co',
        slug: 'sohne-co',
        owner: { email: 'ada@north.example.com', first_name: 'Ada', invite: true },
        domains: ['north.example.com', 'n.example.com'],
        template: 'blueprint',
      },
      { name: 'South', slug: 'south', owner: { email: 'bo@south.example.com', password: 'secret' } },
      { name: 'West', slug: 'west' },
    ]);
    expect(rowsOf(text).rows[0]?.tenant.owner).not.toHaveProperty('invite');
  });

  it('tells what is wrong in which column, and which columns it leaves out', () => {
    const { rows, ignored } = rowsOf(
      'name,slug,owner_email,colour\n,x,,red\nNorth,Not A Slug,,\nSouth,,no address,\nEast,east,a@b.example,\nOther,east,A@b.example,\n',
    );
    expect(ignored).toEqual(['colour']);
    expect(rows.map(({ problems }) => problems)).toEqual([
      [{ column: 'name', problem: { kind: 'required' } }],
      [{ column: 'slug', problem: { kind: 'slug' } }],
      [{ column: 'owner_email', problem: { kind: 'email' } }],
      [],
      [
        { column: 'slug', problem: { kind: 'repeated' } },
        { column: 'owner_email', problem: { kind: 'repeated' } },
      ],
    ]);
  });

  it.each([
    ['empty', 'name,slug\n'],
    ['empty', ' '],
    ['no_name_column', 'title,slug\nNorth,north'],
    ['too_many_rows', `name\n${'North\n'.repeat(MOST_ROWS + 1)}`],
  ])('is refused as %s', (refused, text) => {
    expect(parseTenantsCsv(text, false)).toEqual({ refused });
  });

  it('is what the example shows', () => {
    expect(rowsOf(exampleCsv()).rows[0]).toMatchObject({ problems: [], tenant: { slug: 'acme' } });
  });

  it('knows the columns of what the server refuses', () => {
    expect(['owner.email', 'slug', 'domains[0]', 'template', 'body', undefined].map(columnOf)).toEqual([
      'owner_email',
      'slug',
      'domains',
      'template',
      null,
      null,
    ]);
  });
});

describe('A file for spreadsheets', () => {
  const tenant: TenantWithUsage = {
    id: 'a',
    name: '=HYPERLINK("https://evil.example")',
    slug: 'north',
    status: 'active',
    settings: null,
    domains: ['n.example.com', 'm.example.com'],
    owner: { id: 'u', email: 'ada@north.example.com', first_name: '+Ada', last_name: null },
    folder: null,
    date_created: '2026-01-01T00:00:00Z',
    date_updated: null,
    usage: { members: 2, items: 3, storage: 4 },
  };

  it('has every tenant, and no formulas of theirs', () => {
    const [header, line] = formatTenantsCsv([tenant]).split('\r\n');
    expect(header).toMatch(/^id,name,slug,status,owner_email/);
    expect(line).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
    expect(line).toContain("'+Ada");
    expect(line).toContain('n.example.com m.example.com,2,3,4,');
  });

  it('gives back what was refused, with the reason, to be tried again', () => {
    const { rows } = rowsOf('name,slug\nNorth,north');
    const text = formatRefusedCsv(rows.map(({ values }) => ({ values, reason: 'Another has it.' })));
    expect(text).toContain('Another has it.');
    expect(rowsOf(text)).toMatchObject({ ignored: ['problem'], rows: [{ tenant: { slug: 'north' }, problems: [] }] });
  });
});
