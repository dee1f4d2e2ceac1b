import { describe, expect, test } from 'vitest';
import {
  assignErrors,
  findProblems,
  readSettings,
  toNewTenant,
  writeSettings,
} from '../../../src/studio/utilities/tenant-form.ts';

const owner = { email: 'olive@example.com', first_name: '', last_name: '', password: '' };
const values = { name: 'North', slug: 'north', owner };

describe('the form of a tenant', () => {
  test('has nothing to say about good values', () => {
    expect(findProblems(values)).toEqual({});
    expect(findProblems({ ...values, owner: null })).toEqual({});
  });

  test('asks for what is missing', () => {
    expect(findProblems({ name: ' ', slug: '', owner: { ...owner, email: '' } })).toEqual({
      name: { kind: 'required' },
      slug: { kind: 'required' },
      'owner.email': { kind: 'required' },
    });
  });

  test.each(['North', 'north_west', 'north--west', '-north', 'north-', 'nörd', 'north west'])(
    'refuses the slug %s',
    (slug) => {
      expect(findProblems({ ...values, slug })).toEqual({ slug: { kind: 'slug' } });
    },
  );

  test.each([
    'olive',
    'olive@',
    'olive@example',
    '@example.com',
    'olive@example.',
    'olive @example.com',
    'a@b@example.com',
  ])('refuses the email address %s', (email) => {
    expect(findProblems({ ...values, owner: { ...owner, email } })).toEqual({ 'owner.email': { kind: 'email' } });
  });

  test.each([
    ['{"a": }', { kind: 'json', line: 1 }],
    ['{\n  "a": 1,\n  b\n}', { kind: 'json', line: 3 }],
    ['{\n  "a": 1\n', { kind: 'json', line: 2 }],
    ['[1]', { kind: 'json_object' }],
    ['"a"', { kind: 'json_object' }],
    ['null', { kind: 'json_object' }],
  ])('refuses the settings %j', (settings, problem) => {
    expect(findProblems({ ...values, settings })).toEqual({ settings: problem });
  });

  test('reads and writes settings as they are, and none as nothing', () => {
    const settings = { theme: { colour: 'red' }, seats: [1, 2] };
    expect(readSettings(writeSettings(settings))).toEqual({ settings });
    expect(writeSettings(null)).toBe('');
    expect(readSettings(' \n ')).toEqual({ settings: null });
  });

  test('refuses what is no host name', () => {
    expect(findProblems({ ...values, domains: ['north.example.com', 'a-b.example'] })).toEqual({});
    expect(findProblems({ ...values, domains: ['north.example.com', 'https://north'] })).toEqual({
      domains: { kind: 'domain', domain: 'https://north' },
    });
  });

  test('tells what the server refuses of a list at its field', () => {
    const error = { message: 'no', code: 'INVALID_PAYLOAD', field: 'domains.1', reason: 'must be a host name' };
    expect(assignErrors([error], ['domains'])).toEqual({
      fields: { domains: { kind: 'rejected', reason: 'must be a host name' } },
      others: [],
    });
  });

  test('refuses what the columns cannot hold', () => {
    const problems = findProblems({
      name: 'n'.repeat(256),
      slug: 's'.repeat(64),
      owner: {
        email: `${'e'.repeat(120)}@example.com`,
        first_name: 'f'.repeat(51),
        last_name: 'l'.repeat(50),
        password: '',
      },
    });

    expect(problems).toEqual({
      name: { kind: 'too_long', max: 255 },
      slug: { kind: 'too_long', max: 63 },
      'owner.email': { kind: 'too_long', max: 128 },
      'owner.first_name': { kind: 'too_long', max: 50 },
    });
  });

  test('sends trimmed values, and nothing that was left empty', () => {
    expect(toNewTenant({ name: ' North ', slug: 'north', owner: null })).toEqual({ name: 'North', slug: 'north' });

    expect(
      toNewTenant({ ...values, owner: { ...owner, email: ' olive@example.com ', last_name: ' Oak', password: ' p ' } }),
    ).toEqual({
      name: 'North',
      slug: 'north',
      owner: { email: 'olive@example.com', last_name: 'Oak', password: ' p ' },
    });
  });
});

describe('what the server refuses', () => {
  const error = { message: 'A message.', code: 'INVALID_PAYLOAD', field: null, reason: null };

  test('is shown at its field', () => {
    const { fields, others } = assignErrors([
      { ...error, code: 'RECORD_NOT_UNIQUE', field: 'slug' },
      { ...error, field: 'owner.email', reason: 'must be an e-mail address' },
      { ...error, field: 'password', message: 'Too weak.' },
    ]);

    expect(others).toEqual([]);

    expect(fields).toEqual({
      slug: { kind: 'taken_slug' },
      'owner.email': { kind: 'rejected', reason: 'must be an e-mail address' },
      'owner.password': { kind: 'rejected', reason: 'Too weak' },
    });
  });

  test('names a user who exists already', () => {
    const { fields } = assignErrors([{ ...error, code: 'RECORD_NOT_UNIQUE', field: 'owner.email' }]);
    expect(fields).toEqual({ 'owner.email': { kind: 'taken_email' } });
  });

  test('is kept for the whole form where it belongs to no field of it', () => {
    const errors = [error, { ...error, field: 'domains.0' }];
    expect(assignErrors(errors)).toEqual({ fields: {}, others: errors });
  });
});
