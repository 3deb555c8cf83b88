-- What is in an odd number of sets.
--
-- KEYS  the sets
-- ARGV  if anything: to be written in the place of the first set
--
-- Returns the members, or how many there are.

local odd = {}
for i = 1, #KEYS do
    for _, member in ipairs(redis.call('SMEMBERS', KEYS[i])) do
        odd[member] = not odd[member] or nil
    end
end
local members = {}
for member in pairs(odd) do members[#members + 1] = member end
if not ARGV[1] then return members end

redis.call('DEL', KEYS[1])
-- A few at a time: a call has room for so many arguments.
for i = 1, #members, 1000 do
    redis.call('SADD', KEYS[1], unpack(members, i, math.min(i + 999, #members)))
end
return #members
