-- Stores a value if the lease is still the caller's and no stamp has moved. The lease ends with it.
--
-- KEYS  the value, its lease, the stamps
-- ARGV  token, life in ms, the value, then the version of each stamp
--
-- Returns 1: stored; 0: the lease is gone; 2: a stamp has moved.

local value, lease = KEYS[1], KEYS[2]
if redis.pcall('GET', lease) ~= ARGV[1] then return 0 end

local outcome = 1
for from = 3, #KEYS, 1000 do
  local part = redis.call('MGET', unpack(KEYS, from, math.min(from + 999, #KEYS)))
  for i = 1, #part do
    if part[i] ~= ARGV[from + i] then outcome = 2 end
  end
end
if outcome == 1 then redis.call('SET', value, ARGV[3], 'PX', ARGV[2]) end
redis.call('DEL', lease)
-- A write ends the server's tracking of what this connection has read; a read begins it anew, for all of KEYS.
redis.call('EXISTS', value)
return outcome
