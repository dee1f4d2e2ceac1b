import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, type Account } from '../support/client.ts';
import { Mailbox } from '../support/mailbox.ts';
import { must, type World } from '../support/world.ts';
import { useWorld } from '../support/worlds.ts';
import { isBrowserMissing, keepPicture, launchBrowser, logIn, openStudio, type Studio } from './browser.ts';

const PASSWORD = 'correct horse battery';

const mailbox = new Mailbox();

afterAll(() => mailbox.remove());

describe.skipIf(isBrowserMissing)('owners in the Users module of Directus 11', () => {
  const { host, world: getWorld } = useWorld({ directus: '11', env: mailbox.env });
  let browser: Browser;
  let world: World;
  let north: Studio;
  let south: Studio;

  beforeAll(async () => {
    world = getWorld();
    browser = await launchBrowser();
    north = await openStudio(browser, host().url);
    south = await openStudio(browser, host().url);
    await logIn(north.page, { email: world.north.owner.email, password: PASSWORD });
    await logIn(south.page, { email: world.south.owner.email, password: PASSWORD });
  });

  afterAll(() => browser?.close());

  const inviteButton = (page: Page) => page.locator('.v-button', { has: page.locator('[data-icon="person_add"]') });

  const addressesOn = async (page: Page): Promise<string> => {
    await page.goto('/admin/users/all');
    await page.locator('.layout-tabular tr.table-row, .layout-cards .card').first().waitFor();
    return (await page.locator('main').innerText()).toLowerCase();
  };

  const membersOf = async (account: Account): Promise<string[]> =>
    (await must<{ email: string }[]>(account, 'GET', '/users?fields=email&sort=email')).map(({ email }) => email);

  test('see the members of the own tenant side by side', async () => {
    const [northern, southern] = [await addressesOn(north.page), await addressesOn(south.page)];
    for (const [shown, own, other] of [
      [northern, 'north', 'south'],
      [southern, 'south', 'north'],
    ] as const) {
      expect(shown).toContain(own);
      expect(shown).not.toContain(other);
    }
    await keepPicture(north.page, 'users-of-a-tenant');
  });

  test('invite into the own tenant, which is the only one they are offered', async () => {
    const { page } = north;
    await inviteButton(page).click();
    const dialog = page.locator('.v-card').filter({ has: page.locator('textarea') });
    await dialog.locator('textarea').fill('guest@north.example.com');

    await dialog.locator('.v-select').click();
    const roles = page.locator('.v-menu-content .v-list-item');
    await roles.first().waitFor();
    expect((await roles.allInnerTexts()).map((text) => text.trim()).filter(Boolean)).toEqual(['North']);
    await page.keyboard.press('Escape');
    await keepPicture(page, 'users-invite');

    if (!(await dialog.isVisible())) {
      await inviteButton(page).click();
      await dialog.locator('textarea').fill('guest@north.example.com');
    }
    const answered = page.waitForResponse((response) => response.url().endsWith('/users/invite'));
    await dialog.locator('.v-button').last().click();
    expect((await answered).status()).toBe(204);

    await expect.poll(() => mailbox.tokensTo('guest@north.example.com')).toHaveLength(1);
    expect(await membersOf(world.north.owner)).toContain('guest@north.example.com');
    expect(await membersOf(world.south.owner)).not.toContain('guest@north.example.com');
  });

  test('and whoever accepts sees the own tenant alone', async () => {
    const [token] = mailbox.tokensTo('guest@north.example.com');
    const guest = await openStudio(browser, host().url);
    await guest.page.goto(`/admin/accept-invite?token=${token}`);
    await guest.page.locator('input[type="password"]').fill(PASSWORD);
    await guest.page.locator('button[type="submit"]').click();
    await guest.page.locator('.v-notice').first().waitFor();
    await logIn(guest.page, { email: 'guest@north.example.com', password: PASSWORD });

    const shown = await addressesOn(guest.page);
    expect(shown).toContain('north');
    expect(shown).not.toContain('south');
    expect(await inviteButton(guest.page).count()).toBe(0);

    const account = await login(host().url, { email: 'guest@north.example.com', password: PASSWORD });
    expect(await must(account, 'GET', '/tenancy/me')).toMatchObject({ tenant: { slug: 'north' }, level: 'viewer' });
    await guest.context.close();
  });

  test('had nothing to complain about', () => {
    expect([...north.complaints, ...south.complaints]).toEqual([]);
  });
});
