-- Grants the lease of a value, and makes sure that every stamp is there.
--
-- KEYS  the value, its lease, the stamps
-- ARGV  token, life of the lease in ms, life of stamps in ms, 'miss', 'replace' or 'never', id of the blob seen ('' = none),
--       then a fresh version for each stamp
--
-- Returns {1, token of the lease ('' if it is 'never' granted), versions…}, or {0, value, token or false, versions or false…} if the value is not
-- the one that was seen. What is of a wrong type or length is absent, and makes room for what should be there.

local value, lease = KEYS[1], KEYS[2]
local token, keep, mode = ARGV[1], ARGV[3], ARGV[4]

local versions = {}

-- By hand: `unpack` takes some thousands at most.
local function answer(...)
  local parts = {...}
  local head = select('#', ...)
  for i = 1, #versions do parts[head + i] = versions[i] end
  return parts
end

-- In portions, for the same reason.
for from = 3, #KEYS, 1000 do
  local part = redis.call('MGET', unpack(KEYS, from, math.min(from + 999, #KEYS)))
  for i = 1, #part do
    versions[#versions + 1] = part[i] and #part[i] == 16 and part[i]
  end
end

local id = redis.pcall('GETRANGE', value, 8, 15)
local misplaced = type(id) == 'table'
if misplaced or #id < 8 then id = '' end

local held = redis.pcall('GET', lease)
if type(held) ~= 'string' or #held ~= 16 then held = false end

if mode == 'miss' and id ~= ARGV[5] then
  local there = not misplaced and redis.call('GET', value)
  return answer(0, there, held)
end

if mode == 'never' then
  held = ''
else
  if misplaced then redis.call('DEL', value) end
  if mode == 'replace' or not held then
    held = token
    redis.call('SET', lease, token, 'PX', ARGV[2])
  end
end
for i = 1, #versions do
  local stamp = KEYS[i + 2]
  if not versions[i] then
    versions[i] = ARGV[i + 5]
    redis.call('SET', stamp, versions[i], 'PX', keep)
  elseif versions[i]:byte(1) % 2 == 0 and redis.call('PTTL', stamp) < keep / 2 then
    -- Not one that is held, which ends by itself if nobody ends it. Not each time: whoever keeps a copy of the stamp in its own memory is told of every change.
    redis.call('PEXPIRE', stamp, keep, 'GT')
  end
end
-- A write ends the server's tracking of what this connection has read; a read begins it anew, for all of KEYS.
redis.call('EXISTS', value)
return answer(1, held)
