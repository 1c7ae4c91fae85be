import { loadOfficial } from '../clients/official-client.ts'
import type { Subject } from './subject.ts'

export const official: Subject = {
  async load() {
    const open = await loadOfficial()
    return {
      async initialize(url) {
        const client = await open(url)
        const context = { kind: 'user', key: 'bench' }
        return { holds: async (key) => (await client.variation(key, context, 'absent')) !== 'absent' }
      },
    }
  },
}
