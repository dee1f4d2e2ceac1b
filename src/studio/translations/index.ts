import { german } from './de-DE.ts';
import { english } from './en-US.ts';

type Texts<Source> = { [Key in keyof Source]: Source[Key] extends string ? string : Texts<Source[Key]> };

/** A complete catalogue: a language that misses a key does not compile. */
export type Catalogue = Texts<typeof english>;

/** The language that stands in where the user's own has no catalogue. */
export const FALLBACK_LOCALE = 'en-US';

/** By the language codes of Directus. */
export const catalogues: Record<string, Catalogue> = {
  'de-DE': german,
  'en-US': english,
};
