import * as sdk from '@directus/extensions-sdk';
import * as vue from 'vue';
import type { Component } from 'vue';
import * as i18n from 'vue-i18n';
import * as router from 'vue-router';
import PagesMissing from '../components/pages-missing.vue';

/** What may come after an upgrade, while this code is still open in a browser, is of another version. */
type Pages = Partial<typeof import('../../pages.ts')>;

/** What Directus' app shares with the code of extensions; a file that is loaded past Directus cannot import it. */
const shared = { '@directus/extensions-sdk': sdk, vue, 'vue-i18n': i18n, 'vue-router': router };

let pages: Promise<Pages> | undefined;

/**
 * Loads the pages of the bundle, once. They are no part of what Directus puts together at each of its starts, where they would take
 * most of the time that the bundle takes, and nobody who never opens them loads them.
 *
 * @throws when the file cannot be loaded
 */
export function loadPages(): Promise<Pages> {
  pages ??= importPages();
  return pages;
}

async function importPages(): Promise<Pages> {
  // Beside `/extensions/sources/`, from where Directus serves this code.
  const { href } = new URL('../../tenancy/pages.js', import.meta.url);
  const made = (await import(/* @vite-ignore */ href)) as { default: (dependencies: typeof shared) => Pages };
  return made.default(shared);
}

/** A page that the router loads when somebody goes there; in its place a message where it cannot be loaded. */
export function page(name: keyof Pages): () => Promise<Component> {
  return async () => {
    try {
      return (await loadPages())[name] ?? PagesMissing;
    } catch {
      return PagesMissing;
    }
  };
}
