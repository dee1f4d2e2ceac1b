import { createDirectus, rest } from '@directus/sdk';
import { expect, expectTypeOf, it } from 'vitest';
import * as client from '../../../src/client/index.ts';
import type { TenantOverview, TenantWithUsage } from '../../../src/client/index.ts';

it('names tenants, members and fields in paths as they are', () => {
  expect(client.readTenant('a/b?c')().path).toBe('/tenancy/tenants/a%2Fb%3Fc');
  expect(client.readTenantOverview('a/b')()).toEqual({ path: '/tenancy/tenants/a%2Fb/overview', method: 'GET' });
  expect(client.setFieldUniqueness('articles', 'slug', 'tenant')()).toMatchObject({
    path: '/tenancy/collections/articles/fields/slug',
    method: 'PATCH',
    body: '{"unique":"tenant"}',
  });
});

it('sends a key only where one is given', () => {
  expect(client.provisionTenant({ name: 'North' })()).not.toHaveProperty('headers');
  expect(client.provisionTenant({ name: 'North' }, { idempotencyKey: 'k' })()).toMatchObject({
    headers: { 'Idempotency-Key': 'k' },
  });
});

it('sends the template that is named', () => {
  const command = client.provisionTenant({ name: 'North', template: 'blueprint' })();
  expect(command).toMatchObject({ body: '{"name":"North","template":"blueprint"}' });
});

it('catches wrong fields when it is compiled', () => {
  const directus = createDirectus('http://127.0.0.1:1').with(rest());

  const wrong = [
    // @ts-expect-error a tenant has a name
    (): unknown => directus.request(client.provisionTenant({ slug: 'north' })),
    // @ts-expect-error there is no such field
    (): unknown => directus.request(client.provisionTenant({ name: 'North', colour: 'red' })),
    // @ts-expect-error a template is named by its id or slug
    (): unknown => directus.request(client.provisionTenant({ name: 'North', template: { id: 'x' } })),
    // @ts-expect-error there is no such level
    (): unknown => directus.request(client.addTenantMember('north', { email: 'a@b.example', level: 'boss' })),
    // @ts-expect-error a tenant is handed over to somebody
    (): unknown => directus.request(client.transferTenant('north', { level: 'viewer' })),
    // @ts-expect-error a token has a name
    (): unknown => directus.request(client.createTenantToken('north', {})),
    // @ts-expect-error there is no such scope
    (): unknown => directus.request(client.setCollectionScope('articles', { scope: 'private' })),
    // @ts-expect-error there is no such field to sort by
    (): unknown => directus.request(client.readTenants({ sort: '-colour' })),
    // @ts-expect-error two ways to give rows to tenants
    (): unknown => client.setCollectionScope('articles', { scope: 'tenant', assign: { tenant: 'a', by: 'b' } }),
  ];

  expect(wrong).toHaveLength(9);
  const provision = () => directus.request(client.provisionTenant({ name: 'North' }));
  const overview = () => directus.request(client.readTenantOverview('north'));
  expectTypeOf(overview).returns.resolves.toEqualTypeOf<TenantOverview>();
  expectTypeOf(provision).returns.resolves.toEqualTypeOf<TenantWithUsage>();
});
