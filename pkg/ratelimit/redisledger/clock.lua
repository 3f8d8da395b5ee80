-- What every script begins with. The ledger's clock is Redis's, but it never goes back: after a clock that was set
-- back it goes on from where it was. LIFE is the key of what all scopes of a connection share: id seen skew recover.
local LIFE = KEYS[#KEYS]
local function int(n) return string.format('%.0f', n) end
local life = redis.call('HMGET', LIFE, 'id', 'seen', 'skew', 'recover')
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + tonumber(life[3] or 0)
if tonumber(life[2] or 0) > now then
  redis.call('HSET', LIFE, 'skew', int(tonumber(life[3] or 0) + tonumber(life[2]) - now))
  now = tonumber(life[2])
end
if life[2] then redis.call('HSET', LIFE, 'seen', int(now)) end
local function alive()
  if not life[1] then
    life[1] = int(now)
    redis.call('HSET', LIFE, 'id', life[1], 'seen', int(now))
  end
  redis.call('PEXPIRE', LIFE, @KEEPLIFE@)
end
local function past(index, width, per) return (index + 1) * width + math.min(@LEASE@, width) + per end
