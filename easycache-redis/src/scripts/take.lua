-- Takes a field out of a map.
--
-- KEYS  the map
-- ARGV  field
--
-- Returns its value.

local value = redis.call('HGET', KEYS[1], ARGV[1])
if value then redis.call('HDEL', KEYS[1], ARGV[1]) end
return value
