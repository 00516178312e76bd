/**
 * What every script begins with. `KEYS[1]` is what all keys begin with; a part of it in braces puts them on one node of a
 * cluster. An entry is a hash; sorted sets hold the open entries, the settled ones and those of each lane by their order of
 * creation, and the settled ones by the time of their last change.
 */
const preamble = `
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(id)
  local e = redis.call('HMGET', base .. 'entry:' .. id, 'seq', 'lane', 'state', 'value', 'created', 'updated', 'token', 'leased', 'lease')
  if not e[1] then return nil end
  local left = 0
  if e[7] and now >= tonumber(e[8]) then left = math.max(0, e[8] + e[9] - now) end
  return { id = id, seq = e[1], lane = e[2], state = e[3], value = e[4], created = e[5], updated = e[6], token = e[7], left = left }
end
local function show(e)
  return { e.id, e.seq, e.lane, e.state, e.value, e.created, e.updated, e.left }
end
local function lease(id, token, ms)
  local key = base .. 'entry:' .. id
  redis.call('HSET', key, 'leased', string.format('%.0f', now), 'lease', ms)
  if tonumber(ms) > 0 then redis.call('HSET', key, 'token', token) else redis.call('HDEL', key, 'token') end
end
local function drop(e)
  redis.call('DEL', base .. 'entry:' .. e.id)
  redis.call('ZREM', base .. 'open', e.id)
  redis.call('ZREM', base .. 'settled', e.id)
  redis.call('ZREM', base .. 'old', e.id)
  if e.lane ~= '' then redis.call('ZREM', base .. 'lane:' .. e.lane, e.id) end
end
`

const claim = `
local id, token, ms, value, at, lane, takeSettled, mustExist = unpack(ARGV)
local e = read(id)
if not e then
  if mustExist == '1' then return { 'missing' } end
  local seq = redis.call('INCR', base .. 'seq')
  redis.call('HSET', base .. 'entry:' .. id, 'seq', seq, 'lane', lane, 'state', 'open', 'value', value, 'created', at, 'updated', at)
  redis.call('ZADD', base .. 'open', seq, id)
  if lane ~= '' then redis.call('ZADD', base .. 'lane:' .. lane, seq, id) end
  lease(id, token, ms)
  return { 'created' }
end
if e.left > 0 and e.token ~= token then return { 'held', show(e) } end
if e.state == 'settled' and takeSettled ~= '1' then return { 'settled', show(e) } end
lease(id, token, ms)
return { 'taken', show(read(id)) }
`

const renew = `
local e = read(ARGV[1])
if not e or e.token ~= ARGV[2] then return 0 end
lease(e.id, e.token, ARGV[3])
return 1
`

const record = `
local id, token, ms, state, value, at = unpack(ARGV)
local e = read(id)
if not e or e.token ~= token then return 0 end
redis.call('HSET', base .. 'entry:' .. id, 'state', state, 'value', value, 'updated', at)
if e.state ~= state then
  redis.call('ZREM', base .. e.state, id)
  redis.call('ZADD', base .. state, e.seq, id)
end
if state == 'settled' then redis.call('ZADD', base .. 'old', at, id) else redis.call('ZREM', base .. 'old', id) end
lease(id, token, ms)
return 1
`

/** A server that evicts may have lost entries of a set: those after them are listed all the same. */
const list = `
local set, limit, found = base .. ARGV[1], tonumber(ARGV[3]), {}
while #found < limit do
  local after = #found > 0 and found[#found][2] or ARGV[2]
  local ids = redis.call('ZRANGEBYSCORE', set, '(' .. after, '+inf', 'LIMIT', 0, limit - #found)
  if #ids == 0 then break end
  for _, id in ipairs(ids) do
    local e = read(id)
    if e then found[#found + 1] = show(e) else redis.call('ZREM', set, id) end
  end
end
return found
`

const removeOne = `
local e = read(ARGV[1])
if not e then return 0 end
local token = ARGV[2]
if token == '' and e.left > 0 then return 0 end
if token ~= '' and e.token ~= token then return 0 end
drop(e)
return 1
`

const removeOld = `
local limit, removed, kept = tonumber(ARGV[2]), 0, 0
while removed < limit do
  local ids = redis.call('ZRANGEBYSCORE', base .. 'old', '-inf', '(' .. ARGV[1], 'LIMIT', kept, limit - removed)
  if #ids == 0 then break end
  for _, id in ipairs(ids) do
    local e = read(id)
    if not e then
      redis.call('ZREM', base .. 'old', id)
    elseif e.left > 0 then
      kept = kept + 1
    else
      drop(e)
      removed = removed + 1
    end
  end
end
return removed
`

/** The version of what is stored. */
export const version = '1'

const setUp = `
redis.call('SET', base .. 'version', '${version}', 'NX')
return redis.call('GET', base .. 'version')
`

/** The calls of a store as Lua: Redis runs a script as a whole, with nothing in between. */
export const scripts = {
  claim: preamble + claim,
  renew: preamble + renew,
  record: preamble + record,
  list: preamble + list,
  removeOne: preamble + removeOne,
  removeOld: preamble + removeOld,
  setUp: preamble + setUp,
} as const
