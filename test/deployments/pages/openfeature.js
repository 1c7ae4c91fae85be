import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk'

const { credential, context, url, options } = globalThis.settings

const client = OpenFeature.getClient()
globalThis.events = []
for (const event of Object.values(ProviderEvents))
  client.addHandler(event, (details) =>
    globalThis.events.push(`${event} ${details?.flagsChanged?.join() ?? ''}`),
  )

const METHODS = {
  boolean: 'getBooleanDetails',
  string: 'getStringDetails',
  number: 'getNumberDetails',
  object: 'getObjectDetails',
}

globalThis.detailsOf = (key, fallback) => client[METHODS[typeof fallback]](key, fallback)
globalThis.valueOf = (key) => client.getStringValue(key, 'fallback')
globalThis.setContext = (next) => OpenFeature.setContext(next)

const provider = new OFREPWebProvider({
  baseUrl: url,
  headers: [['X-API-Key', credential]],
  cacheMode: 'disabled',
  ...options,
})
OpenFeature.setContext(context)
  .then(() => OpenFeature.setProviderAndWait(provider))
  .then(
    () => {
      globalThis.state = 'ready'
    },
    () => {
      globalThis.state = 'failed'
    },
  )
