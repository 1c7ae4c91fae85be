export { type Context, createClient as open, type FlagClient as Client } from 'halyard'
