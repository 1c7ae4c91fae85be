import { createClient } from '@launchdarkly/js-client-sdk'

const { credential, context, url, hash, options } = globalThis.settings

const client = createClient(credential, context, {
  baseUri: url,
  streamUri: url,
  eventsUri: url,
  streaming: true,
  ...options,
})

globalThis.valueOf = (key) => client.variation(key, 'fallback')
globalThis.client = client
void client
  .start({ timeout: 30, ...(hash !== undefined && { identifyOptions: { hash } }) })
  .then(({ status }) => {
    globalThis.state = status === 'complete' ? 'ready' : 'failed'
  })
