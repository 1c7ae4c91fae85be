import type { Undo } from '../../src/async/clock.ts'
import type { Network, World } from './network.ts'

/** Lets things happen around the data system; returns what ends that and every fault. */
export function stirTheWorld(world: World, network: Network): Undo {
  const { random, weather, time } = world
  let disarm: Undo
  const next = (): void => {
    disarm = time.after(random.int(0, weather.pauseMs), () => {
      happen(world, network)
      next()
    })
  }
  next()
  return () => {
    disarm()
    weather.heal()
    network.heal()
  }
}

function happen(world: World, network: Network): void {
  const { random, weather, time, server, trace } = world
  if (weather.strikes('server restart')) {
    trace.write(() => 'the server restarts')
    server.restart()
    network.dropAll()
  }
  if (weather.strikes('history forgotten')) server.forget()
  if (weather.strikes('wall clock jump')) time.setWall(random.int(-7_200_000, 7_200_000))
  if (weather.strikes('stall')) {
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
