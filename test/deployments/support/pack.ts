import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { createApplication } from './application.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the packed package. */
    readonly tarball: string
    /** A folder with that package, ioredis, the official SDK and OpenFeature installed, for suites that need nothing more. */
    readonly installed: string
  }
}

/** Packs the package as it would be published and installs it, once for all suites of a run. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-deployments-'))
  const root = join(import.meta.dirname, '../../..')
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root, stdio: 'pipe' })
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  project.provide('tarball', tarball)
  const packages = [
    'ioredis',
    '@launchdarkly/node-server-sdk',
    '@openfeature/core',
    '@openfeature/server-sdk',
  ]
  project.provide('installed', createApplication({ tarball, parent: folder, packages }))
  return () => rmSync(folder, { recursive: true, force: true })
}
