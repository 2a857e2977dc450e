/** Who asks, as far as a request tells: for people to recognise, never to decide by alone. */
export interface Client {
  /** The network address it came from. */
  address: string
  /** What the browser or program says it is. */
  device: string
}
