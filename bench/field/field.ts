import type { Installed } from '../processes/installed.ts'

/** A package that applications use for feature flags. */
export interface FieldPackage {
  readonly name: string
  /** The folder where it is installed. */
  readonly folder: string
  readonly packages: readonly string[]
  /** The smallest application with it, for a bundle. */
  readonly application: string
}

/** Returns Halyard and the other packages. */
export function fieldOf({ halyard, field }: Installed): readonly FieldPackage[] {
  return [
    {
      name: 'halyard',
      folder: halyard,
      packages: ['halyard'],
      application: HALYARD,
    },
    {
      name: 'official',
      folder: field,
      packages: ['@launchdarkly/node-server-sdk'],
      application: `import { init } from '@launchdarkly/node-server-sdk'
globalThis.client = init('sdk-key')`,
    },
    {
      name: 'GrowthBook',
      folder: field,
      packages: ['@growthbook/growthbook'],
      application: `import { GrowthBookClient } from '@growthbook/growthbook'
globalThis.client = new GrowthBookClient()`,
    },
    {
      name: 'Unleash',
      folder: field,
      packages: ['unleash-client'],
      application: `import { startUnleash } from 'unleash-client'
globalThis.client = startUnleash({ url: 'http://localhost', appName: 'application' })`,
    },
    {
      name: 'flagd',
      folder: field,
      packages: ['@openfeature/server-sdk', '@openfeature/flagd-provider'],
      application: `import { OpenFeature } from '@openfeature/server-sdk'
import { FlagdProvider } from '@openfeature/flagd-provider'
OpenFeature.setProvider(new FlagdProvider())`,
    },
  ]
}

const HALYARD = `import { createClient, presets } from 'halyard'
globalThis.client = createClient('sdk-key', { dataSystem: presets.default() })`

/** Returns the application with Halyard and a store. */
export function applicationWithStore(store: string): string {
  return `import { ${store}Store } from 'halyard/${store}'
globalThis.store = ${store}Store
${HALYARD}`
}
