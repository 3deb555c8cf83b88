-- Takes some field out of a map.
--
-- KEYS  the map
-- ARGV  what PEXPIRE is told about the map
--
-- Returns the field and its value; nothing if there is none.

local pair = redis.call('HRANDFIELD', KEYS[1], 1, 'WITHVALUES')
if pair[1] then redis.call('HDEL', KEYS[1], pair[1]) end
redis.call('PEXPIRE', KEYS[1], unpack(ARGV))
return pair
