import { parseArgs } from 'node:util';
import { visitDemo } from '../scripts/demo/visit.ts';
import type { SeededState } from '../scripts/demo/state.ts';
import { directusVersions, type DirectusVersion } from '../scripts/hosts/install.ts';
import { examineAccessibility, goWithin, launchBrowser, logIn, openStudio } from '../tests/studio/browser.ts';
import { say } from './support/project.ts';
import { medianOf } from './support/statistics.ts';

// `npm run bench -- studio-pages [--directus 11] [--times 5]`: opens every page of the bundle's modules, each time beside the list of
// users that Directus itself has, in Chromium with the demo's content. Prints, as a table of Markdown, the ratio of the times until
// the content is there, the requests to the bundle's endpoint, what moved while loading, and what axe says.

const { values } = parseArgs({
  options: {
    directus: { type: 'string', default: '11' },
    times: { type: 'string', default: '5' },
  },
});

const times = Number(values.times);
const directus = directusVersions.find((version) => version === values.directus);
if (!directus) throw new Error(`--directus is one of ${directusVersions.join(', ')}.`);

interface VisitedPage {
  name: string;
  /** Below `/admin`. */
  path: string;
  /** What is there when the content is. */
  content: string;
  as: { email: string; password: string };
}

function pagesOf({ superAdmin, tenants }: SeededState): VisitedPage[] {
  const [tenant] = tenants;
  if (!tenant) throw new Error('The demo has no tenants: nothing to look at.');

  return [
    { name: 'Tenants', path: '/tenants', content: '.tenants-table tr.table-row .name', as: superAdmin },
    { name: 'A tenant', path: `/tenants/${tenant.id}`, content: '.growth-chart', as: superAdmin },
    { name: 'Collections', path: '/tenants/-/collections', content: '.collection', as: superAdmin },
    { name: 'A collection', path: '/tenants/-/collections/projects', content: '.unique-fields', as: superAdmin },
    { name: 'Health', path: '/tenants/-/health', content: '.doctor-check', as: superAdmin },
    { name: 'Workspace', path: '/workspace', content: '.workspace-facts', as: tenant.owner },
    { name: 'Members', path: '/workspace/members', content: '.member-row', as: tenant.owner },
    { name: 'API tokens', path: '/workspace/tokens', content: 'p.hint', as: tenant.owner },
  ];
}

/** Elements of Directus that say less to screen readers than they should, on its own pages as well. */
const DIRECTUS_OWN = ['.v-checkbox', '.v-select', '.v-table thead', '.v-detail'];

const OF_DIRECTUS = { path: '/users', content: 'tr.table-row, .v-card, .cards .card' };

async function measure(version: DirectusVersion, url: string, state: SeededState): Promise<void> {
  const browser = await launchBrowser();

  try {
    say(
      `| page (Directus ${version}) | time beside Directus' Users | requests | moved while loading | axe: rules passed | violations |`,
    );
    say('| --- | --- | --- | --- | --- | --- |');

    for (const visited of pagesOf(state)) {
      const { context, page } = await openStudio(browser, url);
      await logIn(page, visited.as);

      const requests = new Set<string>();
      page.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (pathname.startsWith('/tenancy/')) requests.add(`${request.method()} ${pathname}`);
      });

      const open = async ({ path, content }: Pick<VisitedPage, 'path' | 'content'>): Promise<number> => {
        const start = performance.now();
        await page.goto(`/admin${path}`);
        await page.locator(content).filter({ visible: true }).first().waitFor();
        const time = performance.now() - start;
        await page.waitForLoadState('networkidle');
        return time;
      };

      const ratios: number[] = [];

      for (let time = 0; time <= times; time += 1) {
        const theirs = await open(OF_DIRECTUS);
        const ours = await open(visited);
        // The first time the files of the Data Studio are fetched.
        if (time > 0) ratios.push(ours / theirs);
      }

      await open(OF_DIRECTUS);
      const moved = await goWithin(page, visited.path, visited.content);
      const { passed, violations } = await examineAccessibility(page, ['main'], DIRECTUS_OWN);

      say(
        `| ${visited.name} | ${medianOf(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}) | ` +
          `${requests.size} | ${moved.join(', ') || 'nothing'} | ${passed} | ${violations.join(', ') || 'none'} |`,
      );

      await context.close();
    }
  } finally {
    await browser.close();
  }
}

await visitDemo(directus, (url, state) => measure(directus, url, state));
