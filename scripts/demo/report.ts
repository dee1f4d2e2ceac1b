import { relative } from 'node:path';
import type { DemoOptions } from './options.ts';
import type { SeededState } from './state.ts';

/** What `--json` prints: one line, for programs. */
export function formatJson(url: string, { superAdmin, tenants }: SeededState): string {
  return JSON.stringify({
    url,
    superAdmin: { email: superAdmin.email, password: superAdmin.password },
    tenants: tenants.map(({ id, slug, owner }) => ({ id, slug, owner })),
  });
}

/** What people read: where the Studio is, who can log in and what to try. */
export function formatReport(url: string, { superAdmin, tenants }: SeededState, options: DemoOptions): string {
  const accounts = [
    ['Tenant', 'Role', 'Name', 'E-mail', 'Password'],
    ['(all)', 'super-admin', '', superAdmin.email, superAdmin.password],
    ...tenants.flatMap(({ name, members }) =>
      members.map((member) => [name, member.level, member.name, member.email, member.password]),
    ),
  ];
  const path = relative(process.cwd(), options.directory);
  const folder = path.startsWith('..') ? options.directory : path;
  return [
    '',
    `Directus ${options.directus} with the tenancy bundle is ready.`,
    '',
    `Studio   ${url}`,
    '',
    ...formatTable(accounts),
    '',
    ...suggestions(url, tenants),
    '',
    `Ctrl-C stops everything. The data stays in ${folder} (delete it to start over).`,
    '',
  ]
    .map((line) => (line ? `  ${line}` : ''))
    .join('\n');
}

function suggestions(url: string, tenants: SeededState['tenants']): string[] {
  const [first, second] = tenants;
  if (!first || !second) {
    return [
      'Try this',
      '- Log in as the super-admin and create the first tenant in the module Tenants.',
      '- Create a collection: it is kept apart for each tenant from the start.',
    ];
  }
  if (tenants.some(({ members }) => members.some(({ level }) => level === 'api'))) {
    return [
      'This Directus has no licence for custom permission rules: the members of a tenant see no content, and only',
      'the owners may use the Studio. Set LICENSE_KEY and start over in a new folder to see everything.',
      '',
      'Try this',
      '- Log in as the super-admin: the module Tenants shows both agencies and what they keep.',
      `- Log in as ${first.owner.email}: nothing of ${second.name} is there, and of ${first.name} neither.`,
    ];
  }
  return [
    'Try this',
    `- Log in as ${first.owner.email}, then as ${second.owner.email} (a private window helps):`,
    '  the same collections, other clients, projects, invoices and files.',
    `- Create a project as one of them: nobody says which tenant it belongs to, and ${second.name} never sees`,
    `  what ${first.name} makes.`,
    '- Log in as the super-admin: the module Tenants shows all agencies; suspend one and its people are out at once.',
    `- Ask the API: ${url}/items/invoices answers each member with the invoices of the own agency only.`,
  ];
}

function formatTable(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('   ');
  return [...lines.slice(0, 1), rule, ...lines.slice(1)];
}
