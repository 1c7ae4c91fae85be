import { createHash } from 'node:crypto'
import type { RedisClient } from './connection.ts'

/** A Lua script, which the server runs atomically. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/** Runs a script by its digest, and sends its text if the server does not have it. */
export async function run(
  client: RedisClient,
  { lua, sha }: Script,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...values)
  } catch (failure) {
    if (!(failure instanceof Error) || !failure.message.startsWith('NOSCRIPT')) throw failure
    return client.eval(lua, keys.length, ...keys, ...values)
  }
}

/** Functions of all scripts. Errors begin with a code, as those of the server do. */
const SHARED = `
local function refuse(message) return redis.error_reply(message) end

local function hasOtherType(key)
  local held = redis.call('TYPE', key).ok
  return held ~= 'hash' and held ~= 'none'
end

-- True if a greater fencing token has been used. Writes without a token are never fenced.
local function isFenced(key, token)
  return token ~= '' and tonumber(token) < (tonumber(redis.call('GET', key) or '') or 0)
end

local function keepToken(key, token)
  if token ~= '' then redis.call('SET', key, token) end
end

local function failed(reply) return type(reply) == 'table' and reply.err end

-- A user without permission to publish has written nevertheless.
local function publish(channel, notice)
  return failed(redis.pcall('PUBLISH', channel, notice)) and 0 or 1
end
`

/**
 * Replaces the hashes by the staging hashes. Checks come first, because Redis does not roll back a script that fails
 * halfway. The replaced hashes are freed last, in the background.
 */
export const SWAP: Script = script(`
local flags, segments, marker, sidecar, tokenKey = unpack(KEYS, 1, 5)
local token, text, channel, notice = unpack(ARGV, 1, 4)
local kinds = {
  { current = flags, filled = KEYS[6], replaced = KEYS[8], count = tonumber(ARGV[5]) },
  { current = segments, filled = KEYS[7], replaced = KEYS[9], count = tonumber(ARGV[6]) },
}
if isFenced(tokenKey, token) then return refuse('FENCED ' .. token .. ' is not the last') end
for _, kind in ipairs(kinds) do
  if hasOtherType(kind.current) then return refuse('WRONGTYPE ' .. kind.current .. ' is not a hash') end
  if redis.call('HLEN', kind.filled) ~= kind.count then return refuse('UNFINISHED the staged rows are missing: they expired or were evicted') end
end
for _, kind in ipairs(kinds) do
  if kind.count > 0 then redis.call('PERSIST', kind.filled) end
end
for _, kind in ipairs(kinds) do
  if redis.call('EXISTS', kind.current) == 1 then redis.call('RENAME', kind.current, kind.replaced) end
  if kind.count > 0 then redis.call('RENAME', kind.filled, kind.current) end
end
redis.call('SET', marker, '')
redis.call('SET', sidecar, text)
keepToken(tokenKey, token)
for _, kind in ipairs(kinds) do
  if failed(redis.pcall('UNLINK', kind.replaced)) then redis.call('DEL', kind.replaced) end
end
return publish(channel, notice)
`)

/**
 * Writes the rows that are newer than the stored ones. The version is the one inside the text; a text without one is
 * older than every row. Decoding a text takes most of the time of such a script, so the script first searches it for
 * members with the name `version`, at any depth: if all are lower than the version to write, no decoding is necessary.
 * KEYS[5], if given, is a marker to set. Returns three values: the number of rows that were not newer, a flag that is
 * set if the change was published, and the replaced sidecar.
 */
export const UPSERT: Script = script(`
local sidecar, tokenKey = KEYS[3], KEYS[4]
local token, text, channel, notice = unpack(ARGV, 1, 4)

local function versionOf(held)
  local readable, object = pcall(cjson.decode, held)
  if not readable or type(object) ~= 'table' then return nil end
  local version = object.version
  -- Excludes infinity and NaN.
  if type(version) == 'number' and version - version == 0 then return version end
  return object.deleted == true and 0 or nil
end

-- True if no member named version can have this version or a later one. Only an escape \\u can hide such a name.
local function isSurelyOlder(held, version)
  if version <= 0 or string.find(held, '\\\\u', 1, true) then return false end
  local _, last = string.find(held, '"version"', 1, true)
  while last do
    local other = tonumber(string.match(held, '^%s*:%s*([^,}%s]+)', last + 1) or '')
    if other and not (other < version) then return false end
    _, last = string.find(held, '"version"', last + 1, true)
  end
  return true
end

if isFenced(tokenKey, token) then return refuse('FENCED ' .. token .. ' is not the last') end
for i = 1, 2 do
  if hasOtherType(KEYS[i]) then return refuse('WRONGTYPE ' .. KEYS[i] .. ' is not a hash') end
end
local older = 0
for i = 5, #ARGV, 4 do
  local key, field = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  local held, version = redis.call('HGET', key, field), tonumber(ARGV[i + 2])
  local other = held and not isSurelyOlder(held, version) and versionOf(held)
  if other and other >= version then
    older = older + 1
  else
    redis.call('HSET', key, field, ARGV[i + 3])
  end
end
keepToken(tokenKey, token)
if text == '' then return { older, 1 } end
if KEYS[5] then redis.call('SET', KEYS[5], '') end
local replaced = redis.call('GET', sidecar)
redis.call('SET', sidecar, text)
return { older, publish(channel, notice), replaced }
`)

/** Returns the fencing token, or -1 while another holder has the lease. */
export const ACQUIRE: Script = script(`
local holder, ttl = ARGV[1], ARGV[2]
local last = tonumber(redis.call('GET', KEYS[2]) or '') or 0
local token, name = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (.*)$')
if name and name ~= holder then return -1 end
token = tonumber(token)
if not token or token < last then
  token = last + 1
  redis.call('SET', KEYS[2], string.format('%.0f', token))
end
redis.call('SET', KEYS[1], string.format('%.0f ', token) .. holder, 'PX', ttl)
return token
`)

export const RELEASE: Script = script(`
local name = string.match(redis.call('GET', KEYS[1]) or '', '^%d+ (.*)$')
if name == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`)

/**
 * Appends entries and drops the oldest ones until the list is within its limits. A string beside the list records its
 * size, so that it is not counted each time; if the two differ, the size is counted anew.
 */
export const APPEND: Script = script(`
local entries, size = KEYS[1], KEYS[2]
local maxEntries, maxBytes, expiry = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local count, bytes = string.match(redis.call('GET', size) or '', '^(%d+) (%d+)$')
count, bytes = tonumber(count), tonumber(bytes)
if count ~= redis.call('LLEN', entries) then
  redis.call('LTRIM', entries, -maxEntries, -1)
  count, bytes = 0, 0
  for _, text in ipairs(redis.call('LRANGE', entries, 0, -1)) do
    count, bytes = count + 1, bytes + #text
  end
end
for i = 4, #ARGV do
  redis.call('RPUSH', entries, ARGV[i])
  count, bytes = count + 1, bytes + #ARGV[i]
end
redis.call('PEXPIRE', entries, expiry)
while count > 0 and (count > maxEntries or bytes > maxBytes) do
  bytes = bytes - #redis.call('LPOP', entries)
  count = count - 1
end
redis.call('SET', size, string.format('%d %d', count, math.max(bytes, 0)), 'PX', expiry)
return 1
`)

function script(body: string): Script {
  const lua = `${SHARED}${body}`
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
