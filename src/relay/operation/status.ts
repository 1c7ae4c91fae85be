import { say } from './say.ts'
import { statusDocument } from './status-document.ts'
import type { Surface } from './surface.ts'

/** `/status`: how each environment does, in the words of LaunchDarkly's Relay Proxy. */
export const status: Surface = (_request, response, { view, config }) =>
  say(response, 200, statusDocument(view(), config().disconnectedStatusMs))
