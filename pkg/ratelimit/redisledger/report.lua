-- All scopes of a connection as they are, and the time; scopes that expired are dropped.
-- KEYS: the set of the connection's scopes, the connection's life. ARGV: the prefix of the scopes' hashes, which
-- share the hash tag of KEYS[1] and so live in the same slot of a cluster.
local reply = {int(now)}
for _, scope in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local fields = redis.call('HGETALL', ARGV[1] .. scope)
  if #fields == 0 then redis.call('SREM', KEYS[1], scope) else
    reply[#reply + 1] = scope
    reply[#reply + 1] = fields
  end
end
return reply
