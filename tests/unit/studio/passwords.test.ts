import { describe, expect, test } from 'vitest';
import { generatePassword } from '../../../src/studio/utilities/passwords.ts';

const passwords = Array.from({ length: 200 }, generatePassword);

describe('generated passwords', () => {
  test('are all different', () => {
    expect(new Set(passwords).size).toBe(passwords.length);
  });

  test('have twenty characters of every kind, and none that is mistaken for another', () => {
    for (const password of passwords) {
      expect(password).toHaveLength(20);
      for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(password).toMatch(kind);
      expect(password).not.toMatch(/[lIO01\s]/);
    }
  });

  test('meet the strong password policy of Directus', () => {
    const strong = /(?=^.{8,}$)(?=.*\d)(?=.*[!@#$%^&*()_+}{';'?>.<,])(?!.*\s)(?=.*[A-Z])(?=.*[a-z]).*$/;
    for (const password of passwords) expect(password).toMatch(strong);
  });
});
