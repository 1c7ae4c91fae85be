import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Limits for what hangs only: a busy machine may take long, and nothing is asserted about time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Many tests wait for servers and processes, so that the main thread needs no core of its own.
    maxWorkers: '100%',
    restoreMocks: true,
    reporters: ['default', './test/support/requirements/report-missing.ts'],
    // The machine's own proxy has no business with servers on the loopback.
    env: { HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' },
  },
})
