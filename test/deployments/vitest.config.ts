import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.deploy.ts'],
    globalSetup: './support/pack.ts',
    // Suites mostly wait for the time limits of proxies, so more of them than there are cores run at once.
    maxWorkers: 8,
    // Only ends what hangs: on a busy machine an installation takes minutes, and several suites install at once.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    expect: { poll: { timeout: 180_000 } },
    restoreMocks: true,
    reporters: ['default', '../support/requirements/report-missing.ts'],
    env: { HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' },
  },
})
