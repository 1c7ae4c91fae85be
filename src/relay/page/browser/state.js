// @ts-check
/** @import { ChangesMessage, OverviewHead, OverviewMessage, OverviewRow } from '../overview.ts' */

/**
 * The last known state of the relay, without the details of environments.
 * @type {{ head: OverviewHead | undefined, rows: Map<string, OverviewRow> }}
 */
export const RELAY = { head: undefined, rows: new Map() }

/** @param {OverviewMessage} message */
export function replaceState({ head, rows }) {
  RELAY.head = head
  RELAY.rows = new Map(rows.map((row) => [row.name, row]))
}

/** @param {ChangesMessage} message */
export function changeState({ head = RELAY.head, rows, removed }) {
  RELAY.head = head
  for (const name of removed) RELAY.rows.delete(name)
  for (const row of rows) RELAY.rows.set(row.name, row)
}
