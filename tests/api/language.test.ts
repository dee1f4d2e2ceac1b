import { expect, it } from 'vitest';
import type { DoctorReport } from '../../src/tenancy/doctor/report.ts';
import { send, type Account, type Answer } from '../support/client.ts';
import { runSql } from '../support/sql.ts';
import { must } from '../support/world.ts';
import { useWorld } from '../support/worlds.ts';

const { host, world } = useWorld({ directus: '11', database: 'sqlite' });

const ask = <Data>(
  account: Account,
  method: string,
  path: string,
  language: string | null,
  body?: unknown,
): Promise<Answer<Data>> =>
  send<Data>(host().url, method, path, {
    token: account.token,
    body,
    headers: language === null ? {} : { 'Accept-Language': language },
  });

/** A refusal that names its field. */
const reasonIn = async (language: string | null): Promise<string | undefined> => {
  const { status, errors } = await ask(world().superAdmin, 'POST', '/tenancy/tenants', language, { name: '' });
  expect(status).toBe(400);
  expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_PAYLOAD', field: 'name' });
  return errors[0]?.extensions.reason;
};

const ENGLISH = 'must not be empty';
const GERMAN = 'darf nicht leer sein';

it.each([
  [GERMAN, 'de'],
  [GERMAN, 'de-DE'],
  [GERMAN, 'de-AT,de;q=0.9,en;q=0.8'],
  [GERMAN, 'fr, de;q=0.7, en;q=0.3'],
  [ENGLISH, 'en, de;q=0.9'],
  [ENGLISH, 'fr-FR'],
  [ENGLISH, '*'],
  [ENGLISH, null],
  [ENGLISH, ';;q=,'],
])('says "%s" where the request asks for %s', async (reason, language) => {
  expect(await reasonIn(language)).toBe(reason);
});

it('tells the findings of the doctor, with what to do', async () => {
  const { data: english } = await ask<DoctorReport>(world().superAdmin, 'GET', '/tenancy/doctor', null);
  const { data: german } = await ask<DoctorReport>(world().superAdmin, 'GET', '/tenancy/doctor', 'de-DE');
  expect(german.checks.map(({ id, status }) => ({ id, status }))).toEqual(
    english.checks.map(({ id, status }) => ({ id, status })),
  );

  for (const [index, { id, message, fix }] of german.checks.entries()) {
    expect({ id, message }).not.toEqual({ id, message: english.checks[index]!.message });
    if (fix !== null) expect({ id, fix }).not.toEqual({ id, fix: english.checks[index]!.fix });
    expect(message + (fix ?? '')).not.toMatch(/\{\w+\}|undefined/);
  }
});

it('tells members why they are refused, by every way', async () => {
  const { north, south } = world();
  const path = `/items/projects/${north.projects[0]!}`;
  const change = await ask(north.editor, 'PATCH', path, 'de', { tenant_id: south.id });
  expect(change.errors[0]?.extensions.reason).toMatch(/^muss der Mandant sein/);

  const query = `mutation { update_projects_item(id: ${north.projects[0]!}, data: { tenant_id: "${south.id}" }) { id } }`;
  const byGraphQl = await ask(north.editor, 'POST', '/graphql', 'de', { query });
  expect(byGraphQl.errors[0]?.extensions.reason).toMatch(/^muss der Mandant sein/);
});

it('does not give away by its language what is there and closed', async () => {
  // A table that Directus did not make, and of which nobody decided what it is.
  await runSql(host().database, 'CREATE TABLE strangers (id integer PRIMARY KEY)');
  await must(world().superAdmin, 'POST', '/utils/cache/clear?system');

  for (const collection of ['strangers', 'nowhere']) {
    const read = async (language: string | null) => {
      const { status, errors } = await ask(world().north.editor, 'GET', `/items/${collection}`, language);
      return { status, errors };
    };

    const english = await read(null);
    expect(english.status).toBe(403);
    expect(await read('de')).toEqual(english);
  }
});

it('keeps the languages of requests apart that are answered at once', async () => {
  const languages = Array.from({ length: 24 }, (_, index) => (index % 3 === 0 ? 'de' : index % 3 === 1 ? 'en' : null));
  const reasons = await Promise.all(languages.map((language) => reasonIn(language)));
  expect(reasons).toEqual(languages.map((language) => (language === 'de' ? GERMAN : ENGLISH)));
});
