import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { COMPOSE } from './cluster-tools.ts'
import { KEY } from './serving.ts'

export const DEPLOY: string = join(import.meta.dirname, '../../../deploy')

export interface ComposeService {
  readonly environment: Readonly<Record<string, string>>
  readonly healthcheck: { readonly test: readonly string[] }
  readonly volumes?: readonly {
    readonly source: string
    readonly target: string
    readonly read_only: boolean
  }[]
  readonly ports: readonly { readonly target: number }[]
}

/** Returns the services of a file of deploy/ as `docker compose` reads it, with {@link KEY}. Throws if it refuses the file. */
export function servicesOf(name: string): Readonly<Record<string, ComposeService>> {
  const flags = ['-format', 'json', '-no-interpolation', '-no-path-resolution']
  const { code, out, err } = COMPOSE.run([...flags, join(DEPLOY, name)])
  if (code !== 0) throw new Error(err)
  const text = out.replaceAll(/\$\{SDK_KEY:[^}]*\}/g, KEY).replaceAll(/\$\{\w+:-\}/g, '')
  return (JSON.parse(text) as { readonly services: Readonly<Record<string, ComposeService>> }).services
}

/** The variables of relay.env.example. */
export const EXAMPLE: Readonly<Record<string, string | undefined>> = parseEnv(
  readFileSync(join(DEPLOY, 'relay.env.example'), 'utf8'),
)
