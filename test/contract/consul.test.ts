import { afterAll, beforeAll } from 'vitest'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../support/consul-agent.ts'
import { persistentStoreContract } from './persistent-store.ts'

describeWithConsul('the contract of persistent stores on Consul', () => {
  let agent: ConsulAgent

  beforeAll(async () => {
    agent = await startConsulAgent()
  })

  afterAll(() => agent.stop())

  persistentStoreContract(
    'Consul',
    () => ({ describe: (prefix) => consulStore({ url: agent.url, prefix }) }),
    'x'.repeat(512 * 1024),
  )
})
