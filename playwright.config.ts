import { defineConfig } from '@playwright/test';

/** `npx playwright test` runs every journey as a test. Attempts and limits are ours: Playwright's stay off. */
export default defineConfig({
  testDir: 'journeys',
  testMatch: 'journeys.spec.ts',
  retries: 0,
  timeout: 0,
  workers: 1,
  fullyParallel: false,
  reporter: [['list'], ['html', { open: 'never' }]],
});
