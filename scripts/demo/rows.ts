import { createHash } from 'node:crypto';
import type { ContentCollection } from './client.ts';
import type { Agency } from './content/types.ts';
import { makeInvoices } from './invoices.ts';

/** A row as it is sent to Directus; rows of other collections that belong to it may be nested in it. */
export interface Row {
  [field: string]: string | number | null | Row[];
}

/** An image that is uploaded. */
export interface Upload {
  id: string;
  /** Name in the folder `images`. */
  file: string;
  title: string;
  folder: string;
}

/** Everything that an agency keeps in Directus. */
export interface AgencyRows {
  folders: Row[];
  uploads: Upload[];
  /** Collection and rows, in the order in which they can be created. */
  items: [collection: ContentCollection, rows: Row[]][];
}

export interface RowOptions {
  agency: Agency;
  /** The day that all dates are counted from. */
  today: Date;
  /** Ids of the users of this agency by the key of the person. */
  users: ReadonlyMap<string, string>;
}

const day = 24 * 60 * 60 * 1000;

/** Turns the content of an agency into rows: keys become ids, days become dates. */
export function makeRows({ agency, today, users }: RowOptions): AgencyRows {
  const idOf = (collection: string, key: string): string => stableId(agency.slug, collection, key);
  const userOf = (key: string): string => {
    const id = users.get(key);
    if (!id) throw new Error(`The demo's content names "${key}", who is not one of the people of ${agency.name}.`);
    return id;
  };
  const dateIn = (days: number): string => new Date(today.getTime() + days * day).toISOString().slice(0, 10);
  const optionalDate = (days: number | null): string | null => (days === null ? null : dateIn(days));

  const clientsWithImages = agency.clients.filter(({ key }) =>
    agency.projects.some((project) => project.client === key && project.cover),
  );
  const root = idOf('folders', '');
  const folders: Row[] = [
    { id: root, name: agency.name, parent: null },
    ...clientsWithImages.map(({ key, name }) => ({ id: idOf('folders', key), name, parent: root })),
  ];
  const uploads = agency.projects.flatMap(({ cover, name, client }) =>
    cover ? [{ id: idOf('files', cover), file: cover, title: name, folder: idOf('folders', client) }] : [],
  );

  const tags = agency.tags.map(({ key, ...tag }): Row => ({ id: idOf('tags', key), ...tag }));

  const clients = agency.clients.map((client): Row => {
    const domain = `${client.key}.example.com`;
    return {
      id: idOf('clients', client.key),
      name: client.name,
      status: client.status,
      industry: client.industry,
      country: client.country,
      contact_name: client.contact_name,
      contact_email: `hello@${domain}`,
      website: `https://${domain}`,
      client_since: optionalDate(client.sinceInDays),
      notes: client.notes,
    };
  });

  const projects = agency.projects.map((project, index): Row => ({
    id: idOf('projects', project.key),
    sort: index + 1,
    name: project.name,
    status: project.status,
    client: idOf('clients', project.client),
    service: project.service,
    lead: userOf(project.lead),
    budget: money(project.budget * 100),
    start_date: dateIn(project.startsInDays),
    due_date: dateIn(project.dueInDays),
    description: project.description,
    cover: project.cover ? idOf('files', project.cover) : null,
    tags: project.tags.map((tag) => ({ tags_id: idOf('tags', tag) })),
    gallery: (project.gallery ?? []).map((file, position) => ({
      directus_files_id: idOf('files', file),
      sort: position + 1,
    })),
  }));

  const tasks = agency.projects.flatMap((project) =>
    project.tasks.map(([title, status, dueInDays, hours, assignee, priority], index): Row => ({
      id: idOf('tasks', `${project.key}/${title}`),
      sort: index + 1,
      title,
      status,
      priority: priority ?? 'normal',
      project: idOf('projects', project.key),
      assignee: userOf(assignee),
      due: `${dateIn(dueInDays)}T16:00:00`,
      estimated_hours: money(hours * 100),
    })),
  );

  const invoices = makeInvoices(agency).map((invoice): Row => ({
    id: idOf('invoices', invoice.number),
    number: invoice.number,
    status: invoice.status,
    client: idOf('clients', invoice.client),
    project: idOf('projects', invoice.project),
    issued_on: optionalDate(invoice.issuedInDays),
    due_on: optionalDate(invoice.dueInDays),
    paid_on: optionalDate(invoice.paidInDays),
    currency: agency.currency,
    total: money(invoice.total),
    lines: invoice.lines.map(({ description, quantity, unitPrice, amount }, index) => ({
      sort: index + 1,
      description,
      quantity: money(quantity * 100),
      unit_price: money(unitPrice),
      amount: money(amount),
    })),
  }));

  return {
    folders,
    uploads,
    items: [
      ['tags', tags],
      ['clients', clients],
      ['projects', projects],
      ['tasks', tasks],
      ['invoices', invoices],
    ],
  };
}

/** The same row has the same id in every demo, so that links and scripts go on working. Formed like a UUID of version 5. */
function stableId(...path: string[]): string {
  const hash = createHash('sha1').update(path.join('/')).digest('hex');
  const variant = ((parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

/** Hundredths as the decimal number that Directus stores. */
function money(hundredths: number): string {
  return (hundredths / 100).toFixed(2);
}
