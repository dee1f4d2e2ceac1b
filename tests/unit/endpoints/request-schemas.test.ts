import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { projectDirectory } from '../../../scripts/hosts/child.ts';
import { scopeRequest, uniquenessRequest } from '../../../src/endpoints/tenancy/collections.ts';
import { fixRequest } from '../../../src/endpoints/tenancy/doctor.ts';
import { erasureQuery } from '../../../src/endpoints/tenancy/erase.ts';
import { switchRequest } from '../../../src/endpoints/tenancy/me.ts';
import {
  memberChanges,
  memberToCreate,
  roleToAdopt,
  tokenToCreate,
  transfer,
} from '../../../src/endpoints/tenancy/members.ts';
import { tenantToCreate } from '../../../src/endpoints/tenancy/new-tenant.ts';
import { listQuery, pageQuery, tenantChanges } from '../../../src/endpoints/tenancy/tenants.ts';

/** What the routes parse queries and bodies with, by the names that the OpenAPI document has for them. */
const REQUESTS = {
  erasureQuery,
  fixRequest,
  listQuery,
  memberChanges,
  memberToCreate,
  pageQuery,
  roleToAdopt,
  scopeRequest,
  switchRequest,
  tenantChanges,
  tenantToCreate,
  tokenToCreate,
  transfer,
  uniquenessRequest,
};

// They are not made while Directus runs: what makes them is a tenth of the bundle. `vitest --update` writes them.
it('describes what clients send as the routes parse it', async () => {
  const schemas = Object.fromEntries(
    Object.entries(REQUESTS).map(([name, schema]) => [
      name,
      z.toJSONSchema(schema(), { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }),
    ]),
  );

  await expect(`${JSON.stringify(schemas, null, 2)}\n`).toMatchFileSnapshot(
    join(projectDirectory, 'src', 'endpoints', 'tenancy', 'openapi', 'requests.json'),
  );
});
