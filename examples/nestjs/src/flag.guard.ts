import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  NotFoundException,
} from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Context, FlagClient } from 'halyard'
import { FLAG_CLIENT } from './flags.module'

/** Limits a route to visitors for whom this flag is true. */
export const RequireFlag = Reflector.createDecorator<string>()

/** Returns the context of a request. Replace it by the user of your session. */
export function contextOf(request: { readonly query: Record<string, unknown> }): Context {
  const { user } = request.query
  return typeof user === 'string'
    ? { kind: 'user', key: user }
    : { kind: 'user', key: 'anonymous', anonymous: true }
}

/** Answers 404 if the flag of the route is not true for the visitor, as if the route did not exist. */
@Injectable()
export class FlagGuard implements CanActivate {
  constructor(
    @Inject(FLAG_CLIENT) private readonly client: FlagClient,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const flag = this.reflector.get(RequireFlag, execution.getHandler())
    if (flag === undefined) return true
    const context = contextOf(execution.switchToHttp().getRequest())
    if (await this.client.boolVariation(flag, context, false)) return true
    throw new NotFoundException()
  }
}
