import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { describeWith } from '../support/requirements/requirement.ts'
import { PRODUCTION, plainNginx, startPair } from './support/relays.ts'
import { NGINX, startNginx } from './support/servers.ts'

interface Check {
  readonly id: string
  readonly verdict: string
  readonly seen: string
  readonly remedy?: string
}

/** Runs `halyard doctor` of the installed package. Resolves with the checks that are not ok. */
async function faultsAt(url: string): Promise<readonly Check[]> {
  const main = join(inject('installed'), 'node_modules/halyard/dist/cli/main.js')
  const env = { PATH: process.env.PATH, LAUNCHDARKLY_SDK_KEY: PRODUCTION }
  const args = [main, 'doctor', '--polling', url, '--json', '--timeout', '10s']
  const output = await new Promise<string>((resolve) =>
    execFile(process.execPath, args, { env }, (_, stdout) => resolve(stdout)),
  )
  const { checks } = JSON.parse(output) as { readonly checks: readonly Check[] }
  return checks.filter(({ verdict, id }) => verdict !== 'ok' && id !== 'events')
}

describeWith(NGINX, 'halyard doctor and nginx', () => {
  it('(DO3.5) finds no fault in nginx with its defaults', async () => {
    const { relay } = await startPair()
    const nginx = await startNginx(plainNginx(relay.port))
    expect(await faultsAt(nginx.url)).toEqual([])
  })

  it('(DO3.5) finds nginx that buffers streams', async () => {
    const { relay } = await startPair()
    const nginx = await startNginx(plainNginx(relay.port, 'proxy_ignore_headers X-Accel-Buffering;'))
    const [fault, ...others] = await faultsAt(nginx.url)
    expect(fault).toMatchObject({
      id: 'stream',
      verdict: 'failed',
      seen: expect.stringMatching(/within 10 s.*a proxy (buffers|may hold) the stream/),
      remedy: expect.stringContaining('proxy_buffering off'),
    })
    expect(others).toEqual([])
  })
})
