-- Prolongs a lease that is still the caller's.
--
-- KEYS  the lease
-- ARGV  token, its life from now in ms
--
-- Returns 1, or 0 if the lease is gone.

if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
