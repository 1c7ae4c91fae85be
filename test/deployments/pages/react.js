import { asyncWithLDProvider, useFlags, useLDClient } from 'launchdarkly-react-client-sdk'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

const { credential, context, url, hash, options } = globalThis.settings

function Banner() {
  globalThis.client = useLDClient()
  return createElement('output', undefined, useFlags().banner)
}

const container = document.createElement('main')
document.body.append(container)
globalThis.valueOf = () => container.textContent

const provided = asyncWithLDProvider({
  clientSideID: credential,
  context,
  options: {
    baseUrl: url,
    streamUrl: url,
    eventsUrl: url,
    ...(hash !== undefined && { hash }),
    ...options,
  },
  timeout: 30,
})
void provided.then((Provider) => {
  createRoot(container).render(createElement(Provider, undefined, createElement(Banner)))
  globalThis.state = 'ready'
})
