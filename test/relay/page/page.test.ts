import { createHash } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import type { OverviewMessage } from '../../../src/relay/page/overview.ts'
import { startRelayServer } from '../../../src/relay/relay.ts'
import { serve } from '../../client/starting.ts'
import { fetchRaw, openStream } from '../../server/raw-http.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { put } from '../../support/origin.ts'
import { relayConfig } from '../../support/relays.ts'
import { constant } from '../../support/stored.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Starts a service, and a relay with one environment that follows it. */
async function start() {
  const served = await serve({ flags: { a: constant('a', 1, 'one') } })
  const endpoints = { polling: served.url, streaming: served.url }
  const config = relayConfig({ endpoints, environments: [{ name: '<b>test</b>', sdkKey: SDK_KEY }] })
  const relay = await startRelayServer(config, { logger: silent })
  onTestFinished(() => relay.close())
  await relay.started
  return { relay, served }
}

it('(S113) serves the page without a key and without caching, and allows only its own script and style', async () => {
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

it('(S113) the page loads nothing, contains no data, and links to /status for browsers without JavaScript', async () => {
  const { relay } = await start()
  const html = (await fetchRaw(`${relay.url}/?anything`)).body.toString()
  expect(html).not.toContain(SDK_KEY.slice(-4))
  expect(html).not.toContain('test</b>')
  expect(html.match(/<script|<style|<link/g)).toEqual(['<link', '<style', '<script'])
  expect(html).not.toMatch(/\bsrc=|url\(|@import|https?:\/\/(?!www\.w3\.org)|style="|innerHTML|\son\w+="/)
  expect(/<noscript>(.*)<\/noscript>/.exec(html)?.[1]).toContain('<a href="status">')
})

it('(S114, PG2) a relay sends the change of a flag, and no SDK key', async () => {
  const { relay, served } = await start()
  const stream = await openStream(`${relay.url}/status/events`)
  await stream.until('\n\n')
  served.change(put('a', 2, constant('a', 2, 'two')))
  await stream.until('event: changes')
  const [, first = ''] = /^event: overview\ndata: (.*)$/m.exec(stream.text()) ?? []
  const { head, rows } = JSON.parse(first) as OverviewMessage
  expect(head).toMatchObject({ tone: 'good', headline: 'The environment is live' })
  expect(rows).toMatchObject([{ name: '<b>test</b>', serving: 'live', holds: { flags: 1 } }])
  const details = await fetchRaw(`${relay.url}/page/environment?name=${encodeURIComponent('<b>test</b>')}`)
  expect(JSON.parse(details.body.toString())).toMatchObject({
    verdict: { tone: 'good' },
    environment: { recent: [{ items: ['flag a'] }, { type: 'full' }] },
  })
  expect(stream.text() + details.body.toString()).not.toContain(SDK_KEY)
  expect((await fetchRaw(`${relay.url}/page/environment?name=other`)).status).toBe(404)
})

it('(S114) a relay closes although a page is open', async () => {
  const { relay } = await start()
  const stream = await openStream(`${relay.url}/status/events`)
  await Promise.all([relay.close(), stream.ended])
})

function hashOf(text = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
