-- Marks a value as expired, and ends its lease: what is being computed is not stored.
--
-- KEYS  the value, its lease
-- ARGV  where in the value its flags are, the bit to set
--
-- Returns how many of the two were there. What is of a wrong type makes room for what should be there.

local value, lease, at = KEYS[1], KEYS[2], ARGV[1]
local known = redis.call('UNLINK', lease)
local flags = redis.pcall('GETRANGE', value, at, at)
if type(flags) ~= 'string' then
  known = known + redis.call('UNLINK', value)
elseif #flags == 1 then
  -- It lives on for as long as it would have.
  redis.call('SETRANGE', value, at, string.char(bit.bor(string.byte(flags), ARGV[2])))
  known = known + 1
end
-- A write ends the server's tracking of what this connection has read; a read begins it anew, for all of KEYS.
redis.call('EXISTS', value)
return known
