import { it } from 'vitest'
import { describeWith } from '../support/requirements/requirement.ts'
import { outlives } from './support/idle.ts'
import { plainNginx } from './support/relays.ts'
import { NGINX, startNginx } from './support/servers.ts'

describeWith(NGINX, 'idle streams behind nginx', () => {
  it('outlive its default limit of 60 s between two bytes (4.7)', () =>
    outlives(3, (port) => startNginx(plainNginx(port))))
})
