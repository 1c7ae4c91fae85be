import { initialize } from 'launchdarkly-js-client-sdk'

// The settings and the results of a page are members of its window.
const { credential, context, url, hash, options } = globalThis.settings

const client = initialize(credential, context, {
  baseUrl: url,
  streamUrl: url,
  eventsUrl: url,
  streaming: true,
  ...(hash !== undefined && { hash }),
  ...options,
})

globalThis.valueOf = (key) => client.variation(key, 'fallback')
globalThis.client = client
void client.waitForInitialization(30).then(
  () => {
    globalThis.state = 'ready'
  },
  () => {
    globalThis.state = 'failed'
  },
)
