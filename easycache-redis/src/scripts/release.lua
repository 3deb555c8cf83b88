-- Ends a lease that is still the caller's.
--
-- KEYS  the lease
-- ARGV  token
--
-- Returns 1, or 0 if the lease was gone.

if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
