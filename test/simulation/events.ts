import type { Undo } from '../../src/async/clock.ts'
import type { Network, World } from './network.ts'

/** Starts events around the data system, such as changes and restarts. Returns a function that ends them and all faults. */
export function startEvents(world: World, network: Network): Undo {
  const { random, faults, time } = world
  let disarm: Undo
  const next = (): void => {
    disarm = time.after(random.int(0, faults.pauseMs), () => {
      nextEvent(world, network)
      next()
    })
  }
  next()
  return () => {
    disarm()
    faults.heal()
    network.heal()
  }
}

function nextEvent(world: World, network: Network): void {
  const { random, faults, time, server, trace } = world
  if (faults.occurs('server restart')) {
    trace.write(() => 'the server restarts')
    server.restart()
    network.dropAll()
  }
  if (faults.occurs('history forgotten')) server.forget()
  if (faults.occurs('wall clock jump')) time.setWall(random.int(-7_200_000, 7_200_000))
  if (faults.occurs('stall')) {
    trace.write(() => 'the machine stalls')
    time.stall(random.int(1, 100_000))
  }
  if (random.chance(0.8)) publish(world, network)
}

export function publish({ server, trace }: World, network: Network): void {
  const state = server.publish()
  trace.write(() => `published ${state.name}`)
  network.publish(state)
}
