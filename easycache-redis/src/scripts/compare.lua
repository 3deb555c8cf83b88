-- Writes or removes a value if it is what the caller has seen.
--
-- KEYS  the value
-- ARGV  expected, new: `=` and the value each, or nothing where there is none; then what PEXPIRE is told about the value
--
-- Returns 1, or 0 if there is something else.

local there = redis.call('GET', KEYS[1])
if (there and '=' .. there or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], string.sub(ARGV[2], 2), 'KEEPTTL')
    redis.call('PEXPIRE', KEYS[1], unpack(ARGV, 3))
end
return 1
