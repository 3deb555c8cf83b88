-- Writes a field that is not there.
--
-- KEYS  the map
-- ARGV  field, value
--
-- Returns the value that the field has afterwards.

redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])
