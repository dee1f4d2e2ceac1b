import { useI18n } from 'vue-i18n';
import { catalogues, FALLBACK_LOCALE } from '../translations/index.ts';
import type { Catalogue } from '../translations/index.ts';

/**
 * The texts of this module in the language of the user. The messages stay local to the component, so they can never collide
 * with a key of Directus or of another extension; the language itself is the one that Directus sets and changes.
 */
export function useMessages() {
  const { t, locale } = useI18n<{ message: Catalogue }, string>({
    useScope: 'local',
    inheritLocale: true,
    fallbackLocale: FALLBACK_LOCALE,
    messages: catalogues,
    missingWarn: false,
    fallbackWarn: false,
  });

  return { t, locale };
}
