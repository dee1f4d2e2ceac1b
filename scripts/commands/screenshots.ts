import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, logIn, openStudio, type StudioOptions } from '../../tests/studio/browser.ts';
import type { SeededState } from '../demo/state.ts';
import { visitDemo } from '../demo/visit.ts';
import { projectDirectory } from '../hosts/child.ts';
import { reportProgress } from '../hosts/progress.ts';

// `npm run screenshots` takes the pictures of README and `docs/` again, of the demo as it is seeded.

const images = join(projectDirectory, 'docs', 'images');

interface Picture {
  name: string;
  /** Below `/admin`. */
  path: string;
  /** What stands on the page when it is complete. */
  text: string | RegExp;
  /** Who sees it. */
  as: { email: string; password: string };
  look?: StudioOptions;
}

function picturesOf({ superAdmin, tenants }: SeededState): Picture[] {
  const [first] = tenants;
  if (!first) throw new Error('The demo has no tenants: nothing to take pictures of.');

  return [
    { name: 'tenants', path: '/tenants', text: first.slug, as: superAdmin },
    {
      name: 'tenant',
      path: `/tenants/${first.id}`,
      text: first.owner.email,
      as: superAdmin,
      look: { height: 1500 },
    },
    { name: 'collections', path: '/tenants/-/collections', text: 'projects', as: superAdmin },
    { name: 'health', path: '/tenants/-/health', text: /checks?/i, as: superAdmin },
    { name: 'workspace', path: '/workspace', text: first.slug, as: first.owner },
    { name: 'projects-of-a-member', path: '/content/projects', text: /\w/, as: first.owner },
  ];
}

async function takePicture(browser: Browser, url: string, picture: Picture): Promise<void> {
  const { context, page } = await openStudio(browser, url, { width: 1440, ...picture.look });
  await logIn(page, picture.as);
  await page.goto(`/admin${picture.path}`);
  await page.getByText(picture.text).filter({ visible: true }).first().waitFor();
  await settle(page);
  await page.screenshot({ path: join(images, `${picture.name}.png`), animations: 'disabled' });
  await context.close();
}

/** Pictures in the page come after its texts. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => undefined))));
}

await visitDemo('11', async (url, state) => {
  const browser = await launchBrowser();

  try {
    for (const picture of picturesOf(state)) {
      reportProgress(`Taking ${picture.name} …`);
      await takePicture(browser, url, picture);
    }
  } finally {
    await browser.close();
  }
});
