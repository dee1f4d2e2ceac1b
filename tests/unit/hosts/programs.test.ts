import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../../scripts/hosts/programs.ts';

describe('A program of the system', () => {
  const path = process.env.PATH;
  let directory: string;

  const write = (name: string, mode: number): void => {
    writeFileSync(join(directory, name), '');
    chmodSync(join(directory, name), mode);
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tenancy-programs-'));
    write('tenancy-program', 0o755);
    write('tenancy-other', 0o755);
    write('tenancy-text', 0o644);
    process.env.PATH = ['/nowhere', directory].join(delimiter);
  });

  afterAll(() => {
    process.env.PATH = path;
    rmSync(directory, { recursive: true });
  });

  it('is found on PATH by the first of its names that is there', () => {
    expect(findProgram('tenancy-missing', 'tenancy-program', 'tenancy-other')).toBe(join(directory, 'tenancy-program'));
  });

  it('is something that can be run', () => {
    expect(findProgram('tenancy-text')).toBeUndefined();
    expect(findProgram('tenancy-missing')).toBeUndefined();
  });
});
