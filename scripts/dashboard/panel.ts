export interface Panel {
  readonly title: string
  readonly description: string
  readonly type: 'stat' | 'timeseries'
  /** A unit of Grafana, such as `s`, `bytes` or `reqps`. */
  readonly unit: string
  readonly queries: readonly Query[]
  /** Colours from a value on; the first one has no value. */
  readonly colours?: readonly (readonly [color: string, from: number | null])[]
}

interface Query {
  readonly expr: string
  /** Template of the name of a series. */
  readonly legend?: string
}

export interface PanelRow {
  readonly title: string
  /** Height of its panels in units of Grafana's grid. */
  readonly height: number
  readonly panels: readonly Panel[]
}

/** Selects the series of the relays that are chosen at the top of the dashboard. */
export const RELAY = 'instance=~"$instance"'
/** Selects the series of the chosen relays and environments. */
export const SELECTED = `${RELAY}, environment=~"$environment"`
export const NEUTRAL = [['blue', null]] as const

export const BAD_IF_ANY = [
  ['green', null],
  ['red', 1],
] as const

/** Seconds since the flags were confirmed; a healthy stream stays below 180. */
export const BAD_IF_OLD = [
  ['green', null],
  ['orange', 300],
  ['red', 900],
] as const

export const stat = (title: string, description: string, expr: string, rest: Partial<Panel> = {}): Panel => ({
  title,
  description,
  type: 'stat',
  unit: 'short',
  queries: [{ expr }],
  ...rest,
})

export const graph = (title: string, description: string, rest: Pick<Panel, 'unit' | 'queries'>): Panel => ({
  title,
  description,
  type: 'timeseries',
  ...rest,
})
