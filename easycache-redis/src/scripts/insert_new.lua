-- Writes a field that is not there.
--
-- KEYS  the map
-- ARGV  field, value; then what PEXPIRE is told about the map
--
-- Returns the value that the field has afterwards.

redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], unpack(ARGV, 3))
return redis.call('HGET', KEYS[1], ARGV[1])
