import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { certificate, certificatePath } from '../support/certificates.ts'
import { child } from '../support/child.ts'
import { installPackage } from '../support/installation.ts'
import { full, LiveStream, put, startOrigin } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'

const PROGRAM = `
import { readFileSync } from 'node:fs'
import { createClient, presets } from 'halyard'
const [, , url, proxy, ca] = process.argv
const client = createClient('sdk-key', {
  dataSystem: presets.streaming(),
  endpoints: { polling: url, streaming: url },
  sendEvents: false,
  proxy,
  tls: { ca: readFileSync(ca) },
})
const { initialized } = await client.waitForInitialization({ timeoutMs: 60_000 })
console.log(initialized, client.status.current.lastError?.message)
await client.close()
`

it('(S21.2) reaches an https service through a tunnel as a package too', async () => {
  const origin = await startOrigin({ tls: certificate('self-signed') })
  origin.stream.always(new LiveStream(full('s1', put('checkout', 1))).answer)
  const proxy = await startProxy()
  const installation = installPackage()
  onTestFinished(() => installation.remove())
  const path = join(installation.directory, 'program.mjs')
  writeFileSync(path, PROGRAM)
  const started = child(path, origin.url, proxy.url, certificatePath('self-signed.cert.pem'))
  let printed = ''
  started.stdout?.on('data', (text) => {
    printed += String(text)
  })
  await new Promise((resolve) => started.once('close', resolve))
  expect(printed.trim()).toBe('true undefined')
  expect(proxy.seen.map(({ line }) => line)).toContain(`CONNECT ${new URL(origin.url).host}`)
})
