import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Container } from './container.ts'

/** The SDK key of the environments of containers. */
export const KEY = 'sdk-made-up'

/** Resolves with the answer to a request of a server-side SDK once it is 200. */
export async function flagsAt(url: () => string, key = KEY): Promise<unknown> {
  let body: unknown
  await expect
    .poll(async () => {
      const response = await fetch(`${url()}/sdk/latest-all`, { headers: { authorization: key } })
      body = await response.json()
      return response.status
    })
    .toBe(200)
  return (body as { readonly flags: unknown }).flags
}

/** Returns the address on which the relay in a container listens. Throws before it listens. */
export function addressOf(container: Container): string {
  const [, port] = /serving .* on http:\/\/\S+:(\d+)$/m.exec(container.output()) ?? []
  if (port === undefined) throw new Error(`no port in: ${container.output()}`)
  return `http://127.0.0.1:${port}`
}

/** Returns a folder with these files, which every user may read. It is removed with the test. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-container-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  // The user of the image is another one.
  chmodSync(folder, 0o755)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}
