import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Chromium where the system has it: tests fetch none. */
export const chromiumPath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find(isExecutable);

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      // Its sandbox wants an ordinary user.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
}

/** Kept for people to look at, and not in the repository. */
const screenshots = resolve(process.env['MASQUE_SCREENSHOTS'] ?? join(import.meta.dirname, '../screenshots'));

export const looks = [1440, 360].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

/** The page in each width and colour scheme; returns those widths at which it is wider than its window. */
export async function shoot(page: Page, name: string): Promise<number[]> {
  mkdirSync(screenshots, { recursive: true });
  const overflows: number[] = [];
  for (const { width, colorScheme } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    // Two frames: the charts follow their boxes' sizes.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    if (beyond > 0) overflows.push(width);
    const path = join(screenshots, `${name}-${width}-${colorScheme}.png`);
    // Colours that are still on their way from light to dark are nobody's.
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  }
  return overflows;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
