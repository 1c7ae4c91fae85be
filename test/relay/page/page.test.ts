import { createHash } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import type { Told } from '../../../src/relay/page/status-feed.ts'
import { startRelay } from '../../../src/relay/relay.ts'
import { serve } from '../../client/starting.ts'
import { fetchRaw, openStream } from '../../server/raw-http.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { put } from '../../support/origin.ts'
import { relayConfig } from '../../support/relays.ts'
import { constant } from '../../support/stored.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A relay of one environment, and the service it follows. */
async function start() {
  const served = await serve({ flags: { a: constant('a', 1, 'one') } })
  const endpoints = { polling: served.url, streaming: served.url }
  const config = relayConfig({ endpoints, environments: [{ name: '<b>test</b>', sdkKey: SDK_KEY }] })
  const relay = await startRelay(config, { logger: silent })
  onTestFinished(() => relay.close())
  await relay.started
  return { relay, served }
}

it('(S113) the page is served without a key, kept by nobody, and lets nothing run but its own two texts', async () => {
  const { relay } = await start()
  const { status, headers, body } = await fetchRaw(`${relay.url}/`)
  const html = body.toString()
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  const policy = new Map(
    String(headers['content-security-policy'])
      .split('; ')
      .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]),
  )
  expect(Object.fromEntries(policy)).toEqual({
    'default-src': "'none'",
    'script-src': hashOf(/<script type="module">([\s\S]*?)<\/script>/.exec(html)?.[1]),
    'style-src': hashOf(/<style>([\s\S]*?)<\/style>/.exec(html)?.[1]),
    'img-src': 'data:',
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  })
})

it('(S113) the page loads nothing from elsewhere, holds no data, and leads who has no script to /status', async () => {
  const { relay } = await start()
  const html = (await fetchRaw(`${relay.url}/?anything`)).body.toString()
  expect(html).not.toContain(SDK_KEY.slice(-4))
  expect(html).not.toContain('test</b>')
  expect(html.match(/<script|<style|<link/g)).toEqual(['<link', '<style', '<script'])
  expect(html).not.toMatch(/\bsrc=|url\(|@import|https?:\/\/(?!www\.w3\.org)|style="|innerHTML|\son\w+="/)
  expect(/<noscript>(.*)<\/noscript>/.exec(html)?.[1]).toContain('<a href="status">')
})

it('(S114) the events of a real relay: a change of a flag is told, and no key', async () => {
  const { relay, served } = await start()
  const stream = await openStream(`${relay.url}/status/events`)
  await stream.until('\n\n')
  served.change(put('a', 2, constant('a', 2, 'two')))
  await stream.until('"items":["flag a"]')
  const [, first = ''] = /^event: view\ndata: (.*)$/m.exec(stream.text()) ?? []
  const { view, verdict } = JSON.parse(first) as Told
  expect(verdict).toMatchObject({ tone: 'good', headline: 'The environment is live' })
  expect(view.environments).toMatchObject([{ name: '<b>test</b>', serving: 'live', holds: { flags: 1 } }])
  expect(stream.text()).not.toContain(SDK_KEY)
})

it('(S114) an open page does not keep a relay from closing', async () => {
  const { relay } = await start()
  const stream = await openStream(`${relay.url}/status/events`)
  await Promise.all([relay.close(), stream.ended])
})

function hashOf(text = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
