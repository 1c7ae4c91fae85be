import { it } from 'vitest'
import { describeWith } from '../support/requirements/requirement.ts'
import { outlives } from './support/idle.ts'
import { plainHaproxy } from './support/relays.ts'
import { HAPROXY, startHaproxy } from './support/servers.ts'

describeWith(HAPROXY, 'idle streams behind HAProxy', () => {
  it('outlive its limits of 50 s, as Debian sets them (4.7)', () =>
    outlives(2, (port) => startHaproxy(plainHaproxy(port))))
})
