import { bridges as findBridges } from '../../tenancy/doctor/bridges.ts';
import { findingOf, listed } from '../../tenancy/doctor/report.ts';
import type { Check } from './check.ts';

/** Alias fields that lead from what tenants have in common to the rows of each. */
export const bridges: Check = {
  id: 'bridges',
  examine({ access, recorded }) {
    const found = findBridges(access.schema, recorded);

    return findingOf(
      found.length === 0
        ? []
        : [
            {
              status: 'warn',
              message:
                'Fields lead from what tenants have in common to rows of tenants: ' +
                `${listed(found.map(({ collection, field, into }) => `${collection}.${field} (into ${into.join(', ')})`))}. ` +
                'The walls narrow or refuse what goes over them, but they are one more thing that has to hold.',
              fix: 'Delete these fields where nobody needs them. The relation stays usable from the side of the tenants’ rows.',
            },
          ],
      'No field leads from what tenants have in common to the rows of tenants.',
    );
  },
};
