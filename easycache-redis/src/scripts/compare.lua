-- Writes or removes a value if it is what the caller has seen.
--
-- KEYS  the value
-- ARGV  time to live in milliseconds, expected, new: `=` and the value each, or nothing where there is none
--
-- Returns 1, or 0 if there is something else.

local there = redis.call('GET', KEYS[1])
if (there and '=' .. there or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], string.sub(ARGV[3], 2), 'PX', ARGV[1])
end
return 1
