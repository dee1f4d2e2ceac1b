import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OptionError, parseOptions } from '../../../scripts/demo/options.ts';
import { projectDirectory } from '../../../scripts/hosts/child.ts';

const parse = (...parameters: string[]) => parseOptions(parameters, '/somewhere');

describe('the options of the demo', () => {
  test('have defaults', () => {
    expect(parse()).toEqual({
      directus: '11',
      database: 'sqlite',
      port: undefined,
      empty: false,
      json: false,
      directory: join(projectDirectory, '.demo', '11-sqlite'),
    });
  });

  test('can all be given, with a space or an equals sign', () => {
    const expected = {
      directus: '12',
      database: 'postgres',
      port: 9000,
      empty: true,
      json: true,
      directory: '/somewhere/else',
    };
    expect(
      parse('--directus', '12', '--database', 'postgres', '--port', '9000', '--empty', '--json', '--dir', 'else'),
    ).toEqual(expected);
    expect(
      parse('--directus=12', '--database=postgres', '--port=9000', '--empty', '--json', '--dir=/somewhere/else'),
    ).toEqual(expected);
  });

  test('keep what is seeded and what is empty in different folders', () => {
    expect(parse('--directus', '12', '--database', 'postgres')).toMatchObject({
      directory: join(projectDirectory, '.demo', '12-postgres'),
    });
    expect(parse('--empty')).toMatchObject({ directory: join(projectDirectory, '.demo', '11-sqlite-empty') });
  });

  test('may ask for help', () => {
    expect(parse('--help')).toBe('help');
  });

  test.each([
    [['--directus', '10'], 'Option --directus must be 11 or 12, got "10".'],
    [['--directus'], 'Option --directus must be 11 or 12, got nothing.'],
    [['--directus='], 'Option --directus must be 11 or 12, got "".'],
    [['--database', 'mysql'], 'Option --database must be sqlite or postgres, got "mysql".'],
    [['--port', '0'], 'Option --port must be a whole number from 1 to 65535, got "0".'],
    [['--port', '65536'], 'Option --port must be a whole number from 1 to 65535, got "65536".'],
    [['--port', '80a'], 'Option --port must be a whole number from 1 to 65535, got "80a".'],
    [['--port', '-1'], 'Option --port must be a whole number from 1 to 65535, got "-1".'],
    [['--port'], 'Option --port must be a whole number from 1 to 65535, got nothing.'],
    [['--dir'], 'Option --dir must be the path of a folder, got nothing.'],
    [['--dir', '--json'], 'Option --dir must be the path of a folder, got "--json".'],
    [['--empty=yes'], 'Option --empty takes no value, got "yes".'],
  ])('refuse %j', (parameters, message) => {
    expect(() => parse(...parameters)).toThrow(new OptionError(message));
  });

  test.each([
    [['--directory', 'x'], 'Unknown option --directory.'],
    [['-p', '1'], 'Unknown option -p.'],
    [['postgres'], 'Unexpected argument "postgres".'],
    [['--', 'postgres'], 'Unexpected argument "postgres".'],
    [['--toString'], 'Unknown option --toString.'],
  ])('refuse %j and say which options there are', (parameters, message) => {
    expect(() => parse(...parameters)).toThrow(
      new OptionError(`${message} Options: --directus, --database, --port, --empty, --json, --dir, --help.`),
    );
  });
});
