import { defineConfig } from '@playwright/test';

// A real Chromium, the real window, a real station with real peers. No retries: what fails once is looked at.
export default defineConfig({
  testDir: 'test/journeys',
  testMatch: '**/*.spec.ts',
  globalSetup: './test/journeys/support/build-window.ts',
  // Each has a station and peers of its own; a machine at ten times the load was slow with them and not wrong.
  workers: 2,
  // Also the tests of one file: a file of many came last, and one worker had nothing to do.
  fullyParallel: true,
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  forbidOnly: process.env['CI'] !== undefined,
  outputDir: 'test-results/journeys',
  reporter: [['list'], ['json', { outputFile: 'test-results/journeys.json' }]],
  use: {
    viewport: { width: 1600, height: 1000 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['SAFELIGHT_CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    },
  },
});
