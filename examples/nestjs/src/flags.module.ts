import {
  Global,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { createClient, type FlagClient, presets } from 'halyard'

/** The token of the client. A test replaces the provider of this token. */
export const FLAG_CLIENT = Symbol('FLAG_CLIENT')

/** Returns the logger of the client: its lines appear in the log of the application. */
function flagLogger() {
  const log = new Logger('Flags')
  return {
    debug: (text: string) => log.debug(text),
    info: (text: string) => log.log(text),
    warn: (text: string) => log.warn(text),
    error: (text: string) => log.error(text),
  }
}

function openClient(): FlagClient {
  const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env
  return createClient(SDK_KEY, {
    dataSystem: presets.default(),
    endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
    logger: flagLogger(),
  })
}

@Injectable()
class FlagsLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(FLAG_CLIENT) private readonly client: FlagClient) {}

  /** Waits for flags before the application listens. After 5 s it continues without: evaluations return fallback values. */
  async onModuleInit(): Promise<void> {
    await this.client.waitForInitialization({ timeoutMs: 5_000 })
  }

  /** Delivers the analytics events, after the last request. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close()
  }
}

@Global()
@Module({
  providers: [{ provide: FLAG_CLIENT, useFactory: openClient }, FlagsLifecycle],
  exports: [FLAG_CLIENT],
})
export class FlagsModule {}
