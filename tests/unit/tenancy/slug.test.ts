import { describe, expect, it } from 'vitest';
import { SLUG_MAX_LENGTH, SLUG_PATTERN, slugOf } from '../../../src/tenancy/slug.ts';

describe('The slug of a name', () => {
  it.each([
    ['North Light Studio', 'north-light-studio'],
    ['Café Müller & Söhne', 'cafe-muller-sohne'],
    ['Straße 7', 'strasse-7'],
    ['  --A__B--  ', 'a-b'],
    ['Ångström', 'angstrom'],
    ['Ægir & Øre, Łódź', 'aegir-ore-lodz'],
    ['日本', ''],
  ])('%s is %s', (name, slug) => expect(slugOf(name)).toBe(slug));

  it('is short enough and well formed however long the name', () => {
    const slug = slugOf('ab '.repeat(100));
    expect(slug.length).toBeLessThanOrEqual(SLUG_MAX_LENGTH);
    expect(slug).toMatch(SLUG_PATTERN);
  });
});
