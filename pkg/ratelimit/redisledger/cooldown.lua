-- Starts or lengthens a cool-down, and halves the pace once per cool-down.
-- KEYS: the scope's hash, the set of the connection's scopes, the connection's life. ARGV: scope, wait (us), keep (ms).
alive()
local state = redis.call('HMGET', KEYS[1], 'cool', 'pace', 'paced')
local cool, pace = tonumber(state[1] or 0), tonumber(state[2] or 100)
if cool <= now then
  pace = math.min(pace + @STEP@ * math.floor(math.max(now - tonumber(state[3] or 0), 0) / @INTERVAL@), 100)
  pace = math.max(math.floor(pace / 2), @MINPACE@)
end
cool = math.max(cool, now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'cool', int(cool), 'pace', int(pace), 'paced', int(cool))
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
