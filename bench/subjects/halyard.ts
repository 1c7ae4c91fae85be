import { silent } from '../clients/silent.ts'
import type { Subject } from './subject.ts'

export const halyard: Subject = {
  async load() {
    const { createDataSystem, presets } = await import('../../src/index.ts')
    await import('../../src/transport/undici.ts')
    return {
      async initialize(url) {
        const endpoints = { polling: url, streaming: url }
        const system = createDataSystem('sdk-key', presets.default(), { endpoints, logger: silent })
        await system.waitForInitialization()
        return { holds: (key) => system.flag(key) !== undefined }
      },
    }
  },
}
