export {
  init as open,
  type LDClient as Client,
  type LDContext as Context,
} from '@launchdarkly/node-server-sdk'
