import { bridges as findBridges } from '../../tenancy/doctor/bridges.ts';
import { findingOf, listed } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Check } from './check.ts';

/** Alias fields that lead from what tenants have in common to the rows of each. */
export const bridges: Check = {
  id: 'bridges',
  examine({ access, recorded }) {
    const found = findBridges(access.schema, recorded);

    const fields = found.map(({ collection, field, into }) =>
      say('{field} (into {collections})', { field: `${collection}.${field}`, collections: into.join(', ') }),
    );

    return findingOf(
      found.length === 0
        ? []
        : [
            {
              status: 'warn',
              message: say(
                'Fields lead from what tenants have in common to rows of tenants: {fields}. The walls narrow or ' +
                  'refuse what goes over them, but they are one more thing that has to hold.',
                { fields: listed(fields) },
              ),
              fix: say(
                'Delete these fields where nobody needs them. ' +
                  'The relation stays usable from the side of the tenants’ rows.',
              ),
            },
          ],
      say('No field leads from what tenants have in common to the rows of tenants.'),
    );
  },
};
