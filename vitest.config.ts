import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { unitTests } from './test/support/unit-tests.ts'

const unit = [...unitTests()]

export default defineConfig({
  test: {
    // These limits only end what hangs. Tests set none of their own and assert nothing about time, because a busy
    // machine may be many times slower.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 120_000 } },
    // One more than there are cores, because many tests wait for servers and processes.
    maxWorkers: availableParallelism() + 1,
    restoreMocks: true,
    reporters: ['default', './test/support/requirements/report-missing.ts'],
    // The machine's own proxy has no business with servers on the loopback.
    env: { HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' },
    projects: [
      // The files of a worker share their modules, because loading these takes longer than most unit tests.
      {
        extends: true,
        test: { name: 'unit', include: unit, isolate: false, setupFiles: './test/support/unit-setup.ts' },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          // Packages of the deployment suite contain tests of their own.
          exclude: [...unit, 'test/deployments/**'],
        },
      },
    ],
  },
})
