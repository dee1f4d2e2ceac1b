import { expect, test } from 'vitest';
import type { DemoOptions } from '../../../scripts/demo/options.ts';
import { formatJson, formatReport } from '../../../scripts/demo/report.ts';
import type { SeededState } from '../../../scripts/demo/state.ts';

const owner = { email: 'freja@northlight.example.com', password: 'northlight-demo' };
const state: SeededState = {
  install: 'directus-11',
  superAdmin: { email: 'admin@example.com', password: 'secret' },
  tenants: [
    {
      id: 'e2a3',
      slug: 'northlight',
      name: 'Northlight Studio',
      owner,
      members: [{ name: 'Freja Lindqvist', level: 'owner', ...owner }],
    },
  ],
};
const options: DemoOptions = {
  directus: '11',
  database: 'sqlite',
  port: undefined,
  empty: false,
  json: false,
  directory: '/somewhere/.demo/11-sqlite',
};

test('the JSON is one line with what programs rely on and nothing else', () => {
  const line = formatJson('http://127.0.0.1:8055', state);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    url: 'http://127.0.0.1:8055',
    superAdmin: { email: 'admin@example.com', password: 'secret' },
    tenants: [{ id: 'e2a3', slug: 'northlight', owner }],
  });
});

test('the report names the address and every account', () => {
  const report = formatReport('http://127.0.0.1:8055', state, options);
  for (const text of ['http://127.0.0.1:8055', 'admin@example.com', 'secret', owner.email, owner.password]) {
    expect(report).toContain(text);
  }
});
