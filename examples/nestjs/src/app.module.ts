import { Controller, Get, HttpStatus, Inject, Module, Req, Res } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import type { FlagClient } from 'halyard'
import { contextOf, FlagGuard, RequireFlag } from './flag.guard'
import { FLAG_CLIENT, FlagsModule } from './flags.module'

type Request = Parameters<typeof contextOf>[0]

@Controller()
class AppController {
  constructor(@Inject(FLAG_CLIENT) private readonly flags: FlagClient) {}

  @Get()
  async greeting(@Req() request: Request): Promise<object> {
    return { greeting: await this.flags.stringVariation('greeting', contextOf(request), 'Good day') }
  }

  @Get('checkout')
  @RequireFlag('new-checkout')
  checkout(): object {
    return { checkout: 'new' }
  }

  @Get('readyz')
  readiness(@Res({ passthrough: true }) response: { status(code: number): unknown }): object {
    response.status(this.flags.initialized() ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
    return { state: this.flags.status.current.state, availability: this.flags.availability }
  }
}

@Module({
  imports: [FlagsModule],
  controllers: [AppController],
  providers: [{ provide: APP_GUARD, useClass: FlagGuard }],
})
export class AppModule {}
