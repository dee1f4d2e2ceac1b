import { expect, it } from 'vitest';
import { actionOf, detailsOf, isRefusal } from '../../../src/studio/utilities/audit-text.ts';

it('knows actions by their names in the catalogue, and shows others as they are', () => {
  expect(actionOf({ action: 'provisioned' })).toBe('provisioned');
  expect(actionOf({ action: 'member.added' })).toBe('member-added');
  expect(actionOf({ action: 'something.new' })).toBeNull();
});

it('tells refusals apart', () => {
  expect(isRefusal({ action: 'refused.read' })).toBe(true);
  expect(isRefusal({ action: 'member.removed' })).toBe(false);
});

it('says in one line what an entry is about, and whom', () => {
  const sam = { id: 'sam', email: 'sam@example.com', first_name: null, last_name: null };
  const ada = { id: 'ada', email: 'ada@example.com', first_name: 'Ada', last_name: 'North' };
  const website = { id: 'web', email: null, first_name: 'Website', last_name: null };

  const about = (details: Record<string, unknown>): string =>
    detailsOf({ details, people: { sam, ada, web: website } }, (level) => level.toUpperCase());

  expect(about({})).toBe('');
  expect(about({ member: 'sam', level: 'editor' })).toBe('sam@example.com, EDITOR');
  expect(about({ from: 'ada', to: 'sam', level: 'viewer' })).toBe('Ada North → sam@example.com, VIEWER');
  expect(about({ slug: 'north', owner: 'ada' })).toBe('north, Ada North');
  expect(about({ member: 'web', name: 'Website' })).toBe('Website');
  expect(about({ fields: ['name', 'slug'] })).toBe('name, slug');
  expect(about({ collection: 'clients', field: 'country' })).toBe('clients.country');
});

it('says nothing of people who are gone', () => {
  const details = { member: 'a-user', from: 'a-user', to: 'a-user', owner: null };
  expect(detailsOf({ details, people: {} }, String)).toBe('');
});
