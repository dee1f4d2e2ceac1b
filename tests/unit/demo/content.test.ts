import { readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agencies } from '../../../scripts/demo/content/index.ts';
import { countries, industries } from '../../../scripts/demo/content/reference.ts';
import { makeInvoices } from '../../../scripts/demo/invoices.ts';

const imagesDirectory = new URL('../../../scripts/demo/images/', import.meta.url);
const images = readdirSync(imagesDirectory);
const keysOf = (rows: readonly { key: string }[]): string[] => rows.map(({ key }) => key);
const duplicates = (values: string[]): string[] => values.filter((value, index) => values.indexOf(value) !== index);

describe('the agencies together', () => {
  test('have different names, slugs and invoice numbers', () => {
    expect(agencies.length).toBeGreaterThanOrEqual(3);
    expect(duplicates(agencies.map(({ name }) => name))).toEqual([]);
    expect(duplicates(agencies.map(({ slug }) => slug))).toEqual([]);
    expect(duplicates(agencies.map(({ invoicePrefix }) => invoicePrefix))).toEqual([]);
  });

  test('have people with different e-mail addresses in domains that are reserved for examples', () => {
    const emails = agencies.flatMap(({ people }) => people.map(({ email }) => email));
    expect(duplicates(emails)).toEqual([]);
    for (const email of emails) expect(email).toMatch(/^[a-z]+@[a-z]+\.example\.(com|net|org)$/);
  });

  test('use every image once as a cover, each of 40 KB at most', () => {
    const covers = agencies.flatMap(({ projects }) => projects.flatMap(({ cover }) => cover ?? []));
    expect(covers.sort()).toEqual(images.sort());
    for (const image of images) expect(statSync(new URL(image, imagesDirectory)).size).toBeLessThanOrEqual(40_000);
  });
});

describe.each(agencies.map((agency) => [agency.name, agency] as const))('%s', (_name, agency) => {
  const { people, tags, clients, projects, slug } = agency;

  test('has a slug', () => {
    expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('has one owner, an editor and a viewer, the owner first', () => {
    expect(people.map(({ level }) => level)).toEqual(['owner', 'editor', 'viewer']);
  });

  test('has no two rows with the same key', () => {
    for (const rows of [people, tags, clients, projects]) expect(duplicates(keysOf(rows))).toEqual([]);
    for (const project of projects) expect(duplicates(project.tasks.map(([title]) => title))).toEqual([]);
  });

  test('has enough to look at', () => {
    expect(clients).toHaveLength(8);
    expect(projects).toHaveLength(12);
    expect(projects.flatMap(({ tasks }) => tasks).length).toBeGreaterThanOrEqual(35);
    expect(makeInvoices(agency).length).toBeGreaterThanOrEqual(18);
  });

  test('has clients whose country and industry exist', () => {
    for (const { country, industry } of clients) {
      expect(countries.map(({ code }) => code)).toContain(country);
      expect(keysOf(industries)).toContain(industry);
    }
  });

  test.each(projects.map((project) => [project.key, project] as const))(
    'project %s refers to what exists',
    (_key, project) => {
      expect(keysOf(clients)).toContain(project.client);
      expect(keysOf(people)).toContain(project.lead);
      expect(keysOf(people)).toEqual(expect.arrayContaining(project.tasks.map((task) => task[4])));
      expect(keysOf(tags)).toEqual(expect.arrayContaining(project.tags));
      expect(duplicates(project.tags)).toEqual([]);
      // A file belongs to the tenant that uploads it as a cover.
      const ownImages = projects.flatMap(({ cover }) => cover ?? []);
      expect(ownImages).toEqual(expect.arrayContaining(project.gallery ?? []));
      expect(project.startsInDays).toBeLessThan(project.dueInDays);
    },
  );
});

describe.each(agencies.map((agency) => [agency.name, agency] as const))('the invoices of %s', (_name, agency) => {
  const invoices = makeInvoices(agency);

  test('are the same each time', () => {
    expect(makeInvoices(agency)).toEqual(invoices);
  });

  test('have different numbers', () => {
    expect(duplicates(invoices.map(({ number }) => number))).toEqual([]);
  });

  test('belong to the client of their project', () => {
    for (const { client, project } of invoices) {
      expect(agency.projects.find(({ key }) => key === project)?.client).toBe(client);
    }
  });

  test('add up', () => {
    for (const { lines, total } of invoices) {
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line.amount).toBe(line.quantity * line.unitPrice);
      expect(total).toBe(lines.reduce((sum, { amount }) => sum + amount, 0));
    }
  });

  test('have dates that fit their status', () => {
    for (const { status, issuedInDays, dueInDays, paidInDays } of invoices) {
      expect(issuedInDays === null).toBe(status === 'draft');
      expect(paidInDays !== null).toBe(status === 'paid');
      if (issuedInDays !== null) expect(issuedInDays).toBeLessThanOrEqual(0);
      if (paidInDays !== null) expect(paidInDays).toBeLessThanOrEqual(0);
      if (status === 'overdue') expect(dueInDays).toBeLessThan(0);
      if (status === 'sent') expect(dueInDays).toBeGreaterThanOrEqual(0);
    }
  });
});

test('there are invoices of every kind', () => {
  const statuses = new Set(agencies.flatMap(makeInvoices).map(({ status }) => status));
  expect([...statuses].sort()).toEqual(['draft', 'overdue', 'paid', 'sent']);
});
