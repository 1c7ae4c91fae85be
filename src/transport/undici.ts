import connect from 'undici/lib/api/api-connect.js'
import request from 'undici/lib/api/api-request.js'
import buildConnector from 'undici/lib/core/connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'

// The modules of undici that Halyard needs. They are imported one by one because the package's main module sets the global
// dispatcher of the process: on Node 22 and 24 that replaces the dispatcher which the application's own `fetch` uses.
// These paths are private, so package.json names one exact version of undici, and the build inlines the modules.

/**
 * Gives dispatchers the methods that the main module gives them: ProxyAgent opens its tunnels with `connect`. A function,
 * because the build leaves out statements of a module that only exports.
 */
export function addDispatcherMethods(): void {
  Object.assign(Dispatcher.prototype, { connect, request })
}

export { Agent, buildConnector, Pool, ProxyAgent, request }
