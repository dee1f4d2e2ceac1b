import { startPostgres } from '../../scripts/hosts/postgres.ts';
import type { DatabaseKind } from '../../scripts/hosts/databases.ts';
import { measureKinds } from './calls.ts';
import type { Size } from './content.ts';
import { resultOf, tell } from './result.ts';
import { startVariant, type Variant, type VariantName } from './variants.ts';

/** A Directus that is to be compared with others. */
interface Compared {
  name: VariantName;
  size: Size;
  /** What the column is called; the name when left out. */
  label?: string;
  /** Variables of Directus beside those that all of them have. */
  settings?: Record<string, string>;
}

interface Comparison {
  database: DatabaseKind;
  rounds: number;
  /** What was measured, and how, between the name of the database and the number of rounds. */
  text: string;
  /** The file that keeps the result for programs. */
  json: string | undefined;
}

/** Measures all kinds of requests of a member, beside the first of those that are compared, and tells the ratios. */
export async function compare(
  compared: readonly Compared[],
  { database, rounds, text, json }: Comparison,
): Promise<void> {
  const server = database === 'postgres' ? await startPostgres() : undefined;
  const variants: Variant[] = [];

  try {
    for (const { name, size, label = name, settings } of compared) {
      variants.push({ ...(await startVariant(name, database, size, server?.url, settings)), label });
    }

    const ratios = await measureKinds(variants, rounds);
    await tell(resultOf(`${database}, ${text}, ${rounds} rounds.`, ratios), json);
  } finally {
    for (const variant of variants) await variant.remove();
    await server?.stop();
  }
}
