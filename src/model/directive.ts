/** The server's order to use FDv1 for a while (D8). */
export interface Directive {
  /** How long, as the server put it; what it means is for the data system to say. */
  readonly ttlSeconds?: number
}
