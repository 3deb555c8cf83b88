-- Takes a field out of a map.
--
-- KEYS  the map
-- ARGV  field; then what PEXPIRE is told about the map
--
-- Returns its value.

local value = redis.call('HGET', KEYS[1], ARGV[1])
if value then redis.call('HDEL', KEYS[1], ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], unpack(ARGV, 2))
return value
