import { defineConfig } from 'vitest/config';

// Bounds are for what never comes: a machine at ten times the load is slow and not wrong. What is waited for says what it
// saw last, so it gives up well before the test that it stands in.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/journeys/**', 'node_modules/**'],
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 40_000, interval: 20 } },
  },
});
