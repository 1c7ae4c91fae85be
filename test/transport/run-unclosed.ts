import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { certificatePath } from '../support/certificates.ts'
import { endWithTest } from '../support/child.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
}

export interface Surroundings {
  /** An address that comes first wherever a name is looked up. */
  readonly refusing?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs a process that does not close its data system, until it or the test ends. */
export function runUnclosed(url: string, { refusing, environment }: Surroundings = {}): Promise<Ended> {
  const script = fileURLToPath(new URL('./unclosed.ts', import.meta.url))
  const child = endWithTest(
    spawn(process.execPath, [script, url, ...(refusing ? [refusing] : [])], {
      env: {
        PATH: process.env.PATH,
        NODE_EXTRA_CA_CERTS: certificatePath('self-signed.cert.pem'),
        NODE_NO_WARNINGS: '1',
        ...environment,
      },
    }),
  )
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out })))
}

export const ENDED_BY_ITSELF: Ended = { code: 0, signal: null, out: 'ready, valid streaming, checkout 1' }
