import { defineConfig } from 'vitest/config';

/** Short ones: a process for each of them would cost more than the tests in it. They leave nothing behind. */
const together = ['station', 'rules', 'contract', 'runner'].map((room) => `test/${room}/**/*.test.ts`);
/** Of these, what is long or measures the memory of its process. */
const long = ['dicom/codecs/**/*', 'dicom/splice-*', '1-receive/*', '5-forward/couriers', '6-purge/schedules'].map(
  (name) => `test/station/${name}.test.ts`,
);

// Bounds are for what never comes: a machine at ten times the load is slow and not wrong. What is waited for says what it
// saw last, so it gives up well before the test that it stands in.
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 40_000, interval: 20 } },
    // Those that have a process of their own run first: the short ones then keep every worker busy to the end.
    projects: [
      {
        extends: true,
        test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: ['test/journeys/**', ...together] },
      },
      { extends: true, test: { name: 'long', include: long } },
      { extends: true, test: { name: 'together', include: together, exclude: long, isolate: false } },
    ],
  },
});
