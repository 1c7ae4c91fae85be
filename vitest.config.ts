import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These limits only end what hangs. Tests set none of their own and assert nothing about time, because a busy
    // machine may be many times slower.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 120_000 } },
    // Many tests wait for servers and processes, so that the main thread needs no core of its own.
    maxWorkers: '100%',
    restoreMocks: true,
    reporters: ['default', './test/support/requirements/report-missing.ts'],
    // The machine's own proxy has no business with servers on the loopback.
    env: { HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' },
  },
})
