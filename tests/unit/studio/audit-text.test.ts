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

it('says in one line what an entry is about', () => {
  expect(detailsOf({ details: {} })).toBe('');
  expect(detailsOf({ details: { member: 'a-user', level: 'editor' } })).toBe('editor');
  expect(detailsOf({ details: { fields: ['name', 'slug'] } })).toBe('name, slug');
  expect(detailsOf({ details: { collection: 'clients', field: 'country' } })).toBe('clients.country');
});
