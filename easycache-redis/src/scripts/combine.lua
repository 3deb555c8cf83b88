-- Puts sets together, as no command does.
--
-- KEYS  the sets
-- ARGV  to write it in the place of the first set, and leave it its time: the command that puts them together, or an empty
--       one for what is in an odd number of them; then what PEXPIRE is told about the set
--
-- Returns how many members there are; if nothing is written, those that are in an odd number of sets.

local function odd()
    local is_odd, members = {}, {}
    for i = 1, #KEYS do
        for _, member in ipairs(redis.call('SMEMBERS', KEYS[i])) do
            is_odd[member] = not is_odd[member] or nil
        end
    end
    for member in pairs(is_odd) do members[#members + 1] = member end
    return members
end

if not ARGV[1] then return odd() end

local left, count = redis.call('PTTL', KEYS[1]), 0
if ARGV[1] ~= '' then
    count = redis.call(ARGV[1], KEYS[1], unpack(KEYS))
else
    local members = odd()
    count = #members
    redis.call('DEL', KEYS[1])
    -- A few at a time: a call has room for so many arguments.
    for i = 1, count, 1000 do
        redis.call('SADD', KEYS[1], unpack(members, i, math.min(i + 999, count)))
    end
end
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
redis.call('PEXPIRE', KEYS[1], unpack(ARGV, 2))
return count
