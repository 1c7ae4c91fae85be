import './react-native-device.js'
import { AutoEnvAttributes, ReactNativeLDClient } from '@launchdarkly/react-native-client-sdk'

const { credential, context, url, options } = globalThis.settings

const client = new ReactNativeLDClient(credential, AutoEnvAttributes.Enabled, {
  baseUri: url,
  streamUri: url,
  eventsUri: url,
  ...options,
})

globalThis.valueOf = (key) => client.variation(key, 'fallback')
globalThis.client = client
void client.identify(context, { timeout: 30 }).then(
  () => {
    globalThis.state = 'ready'
  },
  () => {
    globalThis.state = 'failed'
  },
)
