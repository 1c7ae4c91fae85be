import { init, type LDDataSystemOptions, type LDOptions } from '@launchdarkly/node-server-sdk'
import { createClient, createDataSystem, presets } from 'halyard'
import { halyard } from 'halyard/launchdarkly'

/** Options of the official types where this package accepts them (S165). */
export function start(options: LDOptions, system: LDDataSystemOptions): unknown[] {
  const { tlsParams = {}, proxyOptions = {} } = options
  return [
    createClient('sdk-key', options),
    createDataSystem('sdk-key', system, options),
    init('sdk-key', { ...options, ...halyard(presets.default(), { tlsParams, proxyOptions }) }),
    init('sdk-key', { ...options, ...halyard(system, options) }),
  ]
}
