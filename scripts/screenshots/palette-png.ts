import { crc32, deflateSync } from 'node:zlib'

/** Pixels of a canvas: red, green, blue and alpha, row by row. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
/** Number of colours that one byte can select. */
const MOST_COLOURS = 256

/** Squared distance below which two colours count as equal. */
const ALIKE = 150

/**
 * Encodes a picture with a palette, in a third of the bytes. The most frequent colours are kept; others, mostly shades at the edges of
 * letters, are replaced by the nearest one.
 */
export function palettePng({ width, height, rgba }: Pixels): Buffer {
  const colours = coloursIn(rgba)
  const palette = distinct(colours).slice(0, MOST_COLOURS)
  const indexes = new Map(colours.map((colour) => [colour, nearest(colour, palette)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const place = pixel + Math.floor(pixel / width) + 1 // each row begins with its filter byte; 0: no filter
    rows[place] = indexes.get(colourAt(rgba, pixel)) ?? 0
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3], 8) // eight bits for each pixel, of a palette
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Returns the colours, the most frequent first. */
function coloursIn(rgba: Uint8Array): number[] {
  const counts = new Map<number, number>()
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) {
    const colour = colourAt(rgba, pixel)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour)
}

function colourAt(rgba: Uint8Array, pixel: number): number {
  const [red = 0, green = 0, blue = 0] = rgba.subarray(pixel * 4, pixel * 4 + 3)
  return (red << 16) | (green << 8) | blue
}

function channels(colour: number): [number, number, number] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255]
}

/** Returns the colours without near duplicates, so that a rare distinct colour has a place in the palette. */
function distinct(colours: readonly number[]): number[] {
  const kept: number[] = []
  for (const colour of colours) {
    if (!kept.some((other) => distance(colour, other) < ALIKE)) kept.push(colour)
  }
  return kept
}

function nearest(colour: number, palette: readonly number[]): number {
  const distances = palette.map((other) => distance(colour, other))
  return distances.indexOf(Math.min(...distances))
}

function distance(one: number, other: number): number {
  const [red, green, blue] = channels(one)
  const [r, g, b] = channels(other)
  return (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}
