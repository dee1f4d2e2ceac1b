import { expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { must } from '../support/world.ts';

inEveryCell(
  'What a batch refers to is looked up together',
  (world, host) => {
    /** How often Directus has asked the database for rows of a table by their keys. */
    const lookups = (table: string): number =>
      host()
        .logs()
        .split('\n')
        .filter((line) => new RegExp(`select[^\\n]*from .{0,2}${table}.{0,2} where[^\\n]* in \\(`).test(line)).length;

    it('with one query for each relation, not for each row', async () => {
      const { editor, clients, tags } = world().north;

      const rows = Array.from({ length: 40 }, (_, index) => ({
        title: `north-batch-${index}`,
        client: clients[index % 2],
        tags: [{ tags_id: tags[index % 2] }, { tags_id: tags[(index + 1) % 2] }],
      }));

      const before = { clients: lookups('clients'), tags: lookups('tags') };
      expect(await must<unknown[]>(editor, 'POST', '/items/projects', rows)).toHaveLength(40);

      expect(lookups('clients') - before.clients).toBe(1);
      expect(lookups('tags') - before.tags).toBe(1);
    });
  },
  { env: { LOG_LEVEL: 'trace' } },
);
